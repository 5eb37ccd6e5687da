import Testing

@testable import BatchEngine

/// What of a stored request counts as its beginning.
struct PrefixChainTests {
    private let tools = #"[{"type":"function","function":{"name":"look","description":"\#(text(900, "t"))"}}]"#

    @Test func equalBeginningsHaveEqualLevelsAndNoMore() {
        let first = chain(#"{"prompt":"\#(Self.text(5000))first"}"#)
        let second = chain(#"{"prompt":"\#(Self.text(3000))\#(Self.text(2000, "b"))second"}"#)
        #expect(first.count == 3)
        #expect(second.count == 3)
        #expect(first.depth(inCommonWith: second) == 2)
        #expect(first.homeDepth == 2)
        // One level's bytes are not another's: the chain of a text goes on from the chain of its beginning.
        #expect(Set(first.levels).count == 3)
    }

    @Test(arguments: [(1023, 0), (1024, 1), (2047, 1), (2048, 2), (131_071, 7), (131_072, 8), (400_000, 8)])
    func aLevelNeedsAllItsBytes(bytes: Int, levels: Int) {
        // With its quotes the text of a prompt has two bytes more.
        #expect(chain(#"{"prompt":"\#(Self.text(bytes - 2))"}"#).count == levels)
    }

    @Test func whatIsNotReadByTheModelFirstIsLeftOut() {
        let plain = chain(#"{"system":"\#(Self.text(1500))","prompt":"\#(Self.text(900))"}"#)
        #expect(plain.count == 2)
        let others = [
            #"{"options":{"max_tokens":7,"stop":["}"]},"system":"\#(Self.text(1500))","prompt":"\#(Self.text(900))"}"#,
            #"{"prompt":"\#(Self.text(900))","resume":"off","system":"\#(Self.text(1500))"}"#,
        ]
        for other in others { #expect(chain(other) == plain) }
    }

    @Test func toolsStandBeforeAllElseWhereverTheLineHasThem() {
        let messages = #""messages":[{"role":"user","content":"\#(Self.text(1200))"}]"#
        let native = chain(#"{\#(messages),"options":{"temperature":1,"tools":\#(tools)}}"#)
        #expect(native.count == 2)
        #expect(chain(#"{"options":{"tools":\#(tools)},\#(messages)}"#) == native)
        #expect(chain(#"{"url":"/v1/chat/completions","body":{"model":"m",\#(messages),"tools":\#(tools)}}"#) == native)
        #expect(chain(#"{"params":{"tools":\#(tools),"max_tokens":5,\#(messages)}}"#) == native)
        // Without them, or with others, nothing is alike.
        #expect(chain(#"{\#(messages)}"#).depth(inCommonWith: native) == 0)
        let others = tools.replacing("look", with: "find")
        #expect(chain(#"{\#(messages),"options":{"tools":\#(others)}}"#).depth(inCommonWith: native) == 0)
    }

    @Test func examplesBeforeTheQuestionAreShared() {
        let examples =
            #"{"role":"user","content":"\#(Self.text(1100))"},{"role":"assistant","content":"\#(Self.text(1100))"}"#
        let chains = ["Peru", "Chile"].map { name in
            chain(#"{"messages":[\#(examples),{"role":"user","content":"\#(name)\#(Self.text(2000))"}]}"#)
        }
        #expect(chains[0].count == 3)
        #expect(chains[0].depth(inCommonWith: chains[1]) == 2)
    }

    @Test func aResponsesBodyBeginsWithItsInstructions() {
        let body = #""instructions":"\#(Self.text(1500))","input":[{"role":"user","content":"Hi"}]"#
        let first = chain(#"{"url":"/v1/responses","body":{\#(body)}}"#)
        #expect(first.count == 1)
        #expect(chain(#"{"url":"/v1/responses","body":{\#(body.replacing("Hi", with: "Ho"))}}"#) == first)
    }

    @Test func whatIsNoRequestHasNothingInCommon() {
        let nested = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
        for text in [
            Self.text(3000), #"["\#(Self.text(3000))"]"#, #"{"prompt":"\#(Self.text(3000))"#, #"{"a":\#(nested)}"#, "",
        ] {
            #expect(chain(text).isEmpty)
        }
    }

    private func chain(_ request: String) -> PrefixChain { PrefixChain(request: Array(request.utf8)) }

    private static func text(_ bytes: Int, _ letter: Character = "a") -> String {
        String(repeating: letter, count: bytes)
    }
}
