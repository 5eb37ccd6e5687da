import Testing

@testable import MockProvider

/// How prompts become tokens, and blocks that others share.
@Suite struct PromptBlocksTests {
    /// How many leading blocks two prompts share.
    private func shared(_ one: PromptBlocks, _ other: PromptBlocks) -> Int {
        zip(one.hashes, other.hashes).prefix { $0 == $1 }.count
    }

    @Test func hasAHashForEachWholeBlockOfWords() throws {
        for (tokens, blocks) in [(0, 0), (15, 0), (16, 1), (33, 2)] {
            let prompt = try prompt(words("a", tokens))
            #expect(prompt.tokens == tokens)
            #expect(prompt.hashes.count == blocks)
        }
    }

    @Test func aHashDependsOnAllBlocksBefore() throws {
        let text = words("a", 64)
        let prompt = try prompt(text)
        #expect(Set(prompt.hashes).count == 4)
        #expect(shared(prompt, try MockProviderTests.prompt(text.replacing("a40", with: "b"))) == 2)
        let other = try MockProviderTests.prompt(text.replacing("a0 ", with: "b "))
        #expect(Set(other.hashes).isDisjoint(with: prompt.hashes))
        #expect(shared(try MockProviderTests.prompt("ab c " + text), try MockProviderTests.prompt("a bc " + text)) == 0)
    }

    @Test func conversationsWithTheSameFirstMessagesShareTheirBlocks() throws {
        let system = #"{"role":"system","content":"\#(words("s", 40))"}"#
        let (one, other, assistant) = try (
            promptBlocks(of: #"{"model":"m","messages":[\#(system),{"role":"user","content":"\#(words("a", 40))"}]}"#),
            promptBlocks(of: #"{"model":"n","messages":[\#(system),{"role":"user","content":"\#(words("b", 40))"}]}"#),
            promptBlocks(
                of: #"{"model":"m","messages":[\#(system),{"role":"assistant","content":"\#(words("a", 40))"}]}"#)
        )
        #expect(one.tokens == 80)
        #expect(shared(one, other) == 2)
        #expect(shared(one, assistant) == 2, "the role of the second message differs")
    }

    @Test(arguments: [
        (#""system":"\#(words("s", 40))","messages""#, 80), (#""instructions":"\#(words("s", 40))","input""#, 80),
        (#""tools":[{"name":"find","description":"\#(words("s", 39))","input_schema":{}}],"messages""#, 81),
        (#""tools":[{"type":"function","function":{"name":"f","description":"\#(words("s", 40))"}}],"messages""#, 81),
    ])
    func systemPromptAndToolsComeBeforeTheMessages(opening: String, tokens: Int) throws {
        let (one, other) = try (
            promptBlocks(of: #"{"model":"m",\#(opening):[{"role":"user","content":"\#(words("a", 40))"}]}"#),
            promptBlocks(of: #"{"model":"m",\#(opening):[{"role":"user","content":"\#(words("b", 40))"}]}"#)
        )
        #expect(one.tokens == tokens)
        #expect(shared(one, other) == 2)
        let plain = try prompt(words("a", 40))
        #expect(shared(one, plain) == 0)
    }

    @Test(arguments: [
        "", "  ", "one", " one  two\tthree\r\nfour\n", "a\u{0B}b\u{0C}c", "é\u{A0}è mot\u{2003}deux\u{85}x", "日本 語",
    ])
    func countsTheWordsThatTheUsageCounts(text: String) {
        var found: [String] = []
        text.forEachWord { found.append(String(decoding: $0, as: UTF8.self)) }
        #expect(found == text.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
