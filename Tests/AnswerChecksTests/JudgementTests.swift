import AnswerChecks
import LLMStreaming
import Testing

/// The judgement on whole answers, rule by rule.
struct JudgementTests {
    static let object = #"{"json_schema":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}"#

    /// Check, content, finish reason, outcome.
    static let contents: [(String, String, String, AnswerJudgement.Outcome)] = [
        (object, #"{"a":1}"#, "stop", .ok), (object, " \n{\"a\": 1}\n", "stop", .ok),
        // Around the value: a fence and thinking are taken off.
        (object, "```json\n{\"a\":1}\n```", "stop", .mended), (object, "<think>{</think>\n{\"a\":1}", "stop", .mended),
        (object, "~~~\n{\"a\":1}", "stop", .mended),
        // Prose, two values, text behind.
        (object, "Here is the JSON: {\"a\":1}", "stop", .failed(.invalid)),
        (object, "{\"a\":1} {\"a\":1}", "stop", .failed(.invalid)),
        (object, "{\"a\":1}\nI hope this helps!", "stop", .failed(.invalid)),
        (object, "```json\n{\"a\":1}\n```\nDone.", "stop", .failed(.invalid)),
        // Wrong type, missing key, number as a string, key twice, NaN.
        (object, "[]", "stop", .failed(.invalid)), (object, "{}", "stop", .failed(.invalid)),
        (object, #"{"a":"1"}"#, "stop", .failed(.invalid)), (object, #"{"a":1,"a":1}"#, "stop", .failed(.invalid)),
        (object, #"{"a":NaN}"#, "stop", .failed(.invalid)), (object, #"{"a":1"#, "stop", .failed(.invalid)),
        // Cut; cut behind what is right.
        (object, #"{"a":1"#, "length", .failed(.length)), (object, "", "max_tokens", .failed(.length)),
        (object, #"{"a":1}"#, "length", .ok),
        // Blank.
        (object, "", "stop", .failed(.blank)), (object, "   \n\n  ", "stop", .failed(.blank)),
        (object, "<think>Well</think>", "stop", .failed(.blank)), (object, "<think>Well", "stop", .failed(.blank)),
        (object, "\u{3000}", "stop", .failed(.blank)), (object, "```\n```", "stop", .failed(.blank)),
        (#"{"regex":"^$"}"#, "", "stop", .failed(.blank)), (#"{"min_chars":1}"#, " ", "stop", .failed(.blank)),
        (#"{"min_chars":0}"#, "", "stop", .ok), (#"{"max_chars":1}"#, "", "stop", .ok),
        (#"{"finish_reason":"stop"}"#, "", "stop", .ok),
        // Text: searched, not anchored; counted in scalars.
        (#"{"regex":"b+"}"#, "abba", "stop", .ok), (#"{"regex":"^b"}"#, "abba", "stop", .failed(.invalid)),
        (#"{"regex":"^(?=.*b).*c"}"#, "abc", "stop", .ok),
        (#"{"min_chars":3}"#, "e\u{301}", "stop", .failed(.invalid)), (#"{"min_chars":2}"#, "e\u{301}", "stop", .ok),
        (#"{"max_chars":1}"#, "e\u{301}", "stop", .failed(.invalid)), (#"{"max_chars":1}"#, "😀", "stop", .ok),
        // Of the bare value where there is a schema, of all text where there is none.
        (#"{"json_schema":true,"max_chars":2}"#, "```\n[]\n```", "stop", .mended),
        (#"{"json_schema":true,"max_chars":1}"#, " 1\n", "stop", .ok),
        (#"{"json_schema":true,"regex":"^\\[\\]$"}"#, " <think>..</think>[] ", "stop", .mended),
        (#"{"max_chars":2}"#, "```\n[]\n```", "stop", .failed(.invalid)),
        // Finish reasons.
        (#"{"finish_reason":["stop","length"]}"#, "x", "max_tokens", .ok),
        (#"{"finish_reason":"stop"}"#, "x", "length", .failed(.length)),
        (#"{"finish_reason":"stop"}"#, "x", "tool_calls", .failed(.invalid)),
        (#"{"finish_reason":"unknown"}"#, "x", "xyz", .ok),
        // Refusals fail whatever is checked.
        (#"{"max_chars":99}"#, "I can't.", "refusal", .failed(.refusal)),
        (#"{"finish_reason":"content_filter"}"#, " ", "content_filter", .failed(.refusal)),
        (#"{"finish_reason":"content_filter"}"#, "Text", "content_filter", .ok),
        (object, "Text", "content_filter", .failed(.invalid)),
    ]

    @Test(arguments: contents)
    func contentIsJudged(check: String, content: String, finish: String, outcome: AnswerJudgement.Outcome) throws {
        let judgement = try CompiledCheck(text: check).judge(Answer(content, finish: finish).completion)
        #expect(judgement.outcome == outcome, "\(judgement.reason)")
        #expect(judgement.findings.isEmpty == judgement.isRight)
        #expect(judgement.reason.isEmpty == judgement.isRight)
    }

    @Test func aRefusalInItsOwnFieldFailsBesideText() throws {
        let answer = Answer([
            StreamedChunk(.text, #"{"a":1}"#), StreamedChunk(.refusal, "I can't help with that."),
            StreamedChunk(.finish, "stop"),
        ])
        let judgement = try CompiledCheck(text: Self.object).judge(answer.completion)
        #expect(judgement.outcome == .failed(.refusal))
        #expect(
            judgement.reason == #"content: found a refusal: "I can't help with that."; asked is an answer"#)
    }

    @Test func whatIsTakenOffIsTold() throws {
        let content = "<think>é</think>\n```json\n{\"a\": 1}\n```\n"
        let judgement = try CompiledCheck(text: Self.object).judge(Answer(content).completion)
        let range = try #require(judgement.bareContent[0])
        let bytes = Array(content.utf8)
        #expect(String(decoding: bytes[range], as: UTF8.self) == #"{"a": 1}"#)
        #expect(judgement.takenOff == [0: [.thinking, .codeFence]])
        #expect(JSON.object(judgement.report).text == #"{"mended":["thinking tags","a code fence"]}"#)
        #expect(judgement.reason == "")
    }

    @Test func aContentThatFailsIsNotCut() throws {
        let judgement = try CompiledCheck(text: Self.object).judge(Answer("```\n[]\n```").completion)
        #expect(judgement.bareContent.isEmpty)
        #expect(judgement.report["mended"] == nil)
        #expect(judgement.takenOff == [0: .codeFence])
    }

    /// Content, reason.
    @Test(arguments: [
        (object, #"{"a":"1"}"#, "stop", #"content /a: found "1"; asked is an integer"#),
        (
            object, "Sure!\u{202E}\n{}", "stop",
            #"content: found the text "Sure!\u{202e}\n{}"; asked is a JSON value and nothing beside it"#
        ),
        (object, "", "stop", "content: found nothing; asked is a JSON value"),
        (object, "<think>", "stop", "content: found nothing but thinking; asked is a JSON value"),
        (#"{"min_chars":1}"#, "\n", "stop", "content: found nothing but white space; asked is a text"),
        (
            object, #"{"a":"#, "length",
            "content: found an answer that the token limit cut; asked is a whole one. content /a: found the end; asked "
                + "is more of a JSON value"
        ),
        (#"{"max_chars":1}"#, "ab", "stop", "content: found 2 characters; asked is at most 1 character"),
        (#"{"min_chars":3}"#, "ab", "stop", "content: found 2 characters; asked is at least 3 characters"),
        (#"{"regex":"^a$"}"#, "ab", "stop", #"content: found "ab"; asked is a text that matches the regex ^a$"#),
        (
            #"{"finish_reason":["stop","tool_calls"]}"#, "ab", "x",
            "finish reason: found unknown; asked is stop or tool_calls"
        ),
    ])
    func theReasonIsInWords(check: String, content: String, finish: String, reason: String) throws {
        let judgement = try CompiledCheck(text: check).judge(Answer(content, finish: finish).completion)
        #expect(judgement.reason == reason)
    }

    @Test func aRegexThatTakesTooManyStepsFails() throws {
        let check = try CompiledCheck(["regex": #"(a+)+\1b$"#])
        let judgement = try check.judge(Answer(String(repeating: "a", count: 60) + "c").completion)
        #expect(judgement.outcome == .failed(.invalid))
        #expect(
            judgement.reason.hasSuffix(
                #"asked is a text in which the regex (a+)+\1b$ can be looked for in fewer steps"#))
    }

    @Test func theReasonAndTheFindingsAreBounded() throws {
        let check = try CompiledCheck(["json_schema": ["items": ["type": "null"]]])
        let long = JSON.string(String(repeating: "long \n", count: 100)).text
        let content = "[" + Array(repeating: long, count: 30).joined(separator: ",") + "]"
        let judgement = try check.judge(Answer(content).completion)
        #expect(judgement.findings.count == 10)
        #expect(judgement.reason.unicodeScalars.count <= 1_001 && judgement.reason.unicodeScalars.count > 900)
        #expect(!judgement.reason.contains("\n"))
        #expect(judgement.report["findings"]?.array?.count == 10)
    }

    @Test func everyChoiceMustBeRight() throws {
        func answer(_ texts: [String], _ finishes: [String]) throws -> Completion {
            try Answer(
                texts.enumerated().map { StreamedChunk(.text, $1, choice: $0) }
                    + finishes.enumerated().map { StreamedChunk(.finish, $1, choice: $0) }
            ).completion
        }
        let check = try CompiledCheck(text: Self.object)
        let right = #"{"a":1}"#
        #expect(try check.judge(answer([right, right], ["stop", "stop"])).outcome == .ok)
        let mended = try check.judge(answer([right, "```\n\(right)\n```"], ["stop", "stop"]))
        #expect(mended.outcome == .mended)
        #expect(mended.bareContent == [1: 4..<11])
        let invalid = try check.judge(answer([right, "[]", ""], ["stop", "stop", "stop"]))
        #expect(invalid.outcome == .failed(.invalid))
        #expect(invalid.findings.map(\.choice) == [1, 2])
        #expect(invalid.reason.hasPrefix("choice 1, content: found an array of 0; asked is an object. choice 2, "))
        #expect(try check.judge(answer(["[]", "["], ["stop", "length"])).outcome == .failed(.length))
        #expect(try check.judge(answer(["[", "I"], ["length", "refusal"])).outcome == .failed(.refusal))
        #expect(try check.judge(answer(["", right], ["stop", "stop"])).outcome == .failed(.blank))
    }

    @Test func theReportHasTheFindings() throws {
        let judgement = try CompiledCheck(text: Self.object).judge(Answer(#"{"a":"1"}"#).completion)
        let expected =
            #"{"findings":[{"choice":0,"part":"content","pointer":"/a","found":"\"1\"","asked":"an integer"}]}"#
        #expect(JSON.object(judgement.report).text == expected)
        let right = try CompiledCheck(text: Self.object).judge(Answer(#"{"a":1}"#).completion)
        #expect(right.report.isEmpty)
    }
}
