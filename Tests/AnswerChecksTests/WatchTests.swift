import AnswerChecks
import LLMStreaming
import Testing

/// Where a stream is stopped: the last character of each text is the one, and no earlier one.
struct WatchTests {
    private static let object = #"{"json_schema":{"properties":{"a":{"type":"integer"}},"additionalProperties":false}}"#

    @Test(arguments: [
        (
            object,
            [
                "S", "<p", "<think>a</think> N", "``x", "```a`", "{\"b", "{\"a\":\"",
                "{}x", "{} {", "```\n{}``\n", "```\n{}\n```\nD", "```json\nN", "N", "```\n{\"a\":1`",
                "\u{FEFF}", "é",
            ]
        ),
        (#"{"json_schema":{"type":"object"}}"#, ["[", " \n1", "```\n["]),
        (#"{"json_schema":true,"max_chars":3}"#, ["1234", "\"éé\"", "```\n[1,2", " [ 1]", "1   2"]),
        (#"{"max_chars":3}"#, ["abcd", "    e", "e\u{301}e\u{301}", "<thi ", "[1,2"]),
        (#"{"regex":"^(yes|no)\\.?$"}"#, ["m", "yo", "yes!", "no..", " x", "<p"]),
    ])
    func theLastCharacterIsTheOne(check: String, texts: [String]) throws {
        let compiled = try CompiledCheck(text: check)
        #expect(compiled.isStreamed)
        for text in texts {
            let pieces = Answer(text).pieces
            let stop = try #require(compiled.stop(in: pieces), "\(text)")
            // The last piece is the finish reason.
            #expect(stop.index == pieces.count - 2, "\(text) at \(stop.index): \(stop.stop)")
            // Whole, it is not right either.
            #expect(try !compiled.judge(Answer(text).completion).isRight, "\(text)")
        }
    }

    @Test(arguments: [
        (object, #"{"a":"x"#, #"content /a: found a string; asked is an integer"#),
        (object, "Sure", #"content: found the text "Sure"; asked is a JSON value and nothing beside it"#),
        (#"{"max_chars":3}"#, "abcde", "content: found 5 characters and more; asked is at most 3 characters"),
        (#"{"regex":"^a"}"#, "xy", #"content: found "xy"; asked is a text that matches the regex ^a"#),
    ])
    func whyIsTold(check: String, text: String, words: String) throws {
        let stop = try CompiledCheck(text: check).stop(in: [StreamedChunk(.text, text)])?.stop
        let finding = try #require(stop?.finding)
        #expect(finding.description == words)
    }

    @Test func oneWrongChoiceIsEnoughAndOthersStayApart() throws {
        let check = try CompiledCheck(text: Self.object)
        func piece(_ text: String, _ choice: Int) -> StreamedChunk { StreamedChunk(.text, text, choice: choice) }
        let right = [piece("{\"", 0), piece(" {", 2), piece("a\"", 0), piece("}", 2), piece(":1}", 0)]
        #expect(check.stop(in: right) == nil)
        let stop = check.stop(in: right + [piece("{\"", 1), piece("b", 1)])
        #expect(stop?.index == 6)
        let finding = try #require(stop?.stop.finding)
        #expect(finding.choice == 1)
    }

    @Test func itSaysSoOnce() throws {
        var watch = AnswerWatch(try CompiledCheck(text: Self.object), stopsEarly: true, stopsLoops: true)
        #expect(watch.add(StreamedChunk(.text, "no")) != nil)
        #expect(watch.add(StreamedChunk(.text, "no")) == nil)
    }

    @Test func nothingIsStoppedWhereThatIsNotAsked() throws {
        var watch = AnswerWatch(try CompiledCheck(text: Self.object), stopsEarly: false, stopsLoops: false)
        #expect(watch.add(StreamedChunk(.text, "no")) == nil)
        let check = try CompiledCheck(text: #"{"min_chars":1,"finish_reason":"stop"}"#)
        #expect(!check.isStreamed)
    }

    @Test func thinkingAndRefusalsAreNotAsked() throws {
        let check = try CompiledCheck(text: Self.object)
        #expect(check.stop(in: [StreamedChunk(.reasoning, "no"), StreamedChunk(.refusal, "no")]) == nil)
        #expect(check.stop(in: [StreamedChunk(.refusal, "I can't"), StreamedChunk(.text, "Sorry")]) == nil)
    }

    @Test func aChoiceOfNonsenseIsPassedOver() throws {
        let check = try CompiledCheck(text: Self.object)
        #expect(
            check.stop(in: [StreamedChunk(.text, "x", choice: -1), StreamedChunk(.text, "x", choice: 1 << 40)]) == nil)
    }
}
