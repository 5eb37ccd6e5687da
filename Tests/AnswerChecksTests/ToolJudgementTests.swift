import AnswerChecks
import LLMStreaming
import Testing

/// The judgement on tool calls, and on text beside them.
struct ToolJudgementTests {
    private static let lima = ("weather", #"{"city":"Lima"}"#)

    /// Calls, reason; an empty one where they are right.
    @Test(arguments: [
        ([lima], ""), ([("now", "")], ""), ([("now", "  ")], ""), ([("shell", "ls -l")], ""),
        ([lima, ("weather_map", #"{"zoom":[]}"#)], ""),
        ([("weather", "")], #"tool call 0 (weather): found an object of 0; asked is the required member "city""#),
        ([lima, ("now", "[]")], "tool call 1 (now): found an array of 0; asked is an object"),
        (
            [("weather", #"{"city":"Lima","days":"2"}"#)],
            #"tool call 0 (weather) /days: found "2"; asked is an integer"#
        ),
        (
            [("wether", "{}")],
            #"tool call 0 (wether): found the name "wether"; asked is the name of a tool: "weather", "weather_map", "#
                + #""now", "shell""#
        ),
        ([("weather", #"{"city":"#)], "tool call 0 (weather) /city: found the end; asked is more of a JSON value"),
    ])
    func callsAreJudged(calls: [(String, String)], reason: String) throws {
        let check = try CompiledCheck("tools", for: .withTools)
        let judgement = try check.judge(Answer(calls: calls.map { (name: $0, arguments: $1) }).completion)
        #expect(judgement.reason == reason)
        #expect(judgement.outcome == (reason.isEmpty ? .ok : .failed(.invalid)))
    }

    @Test func anAnswerWithoutCallsIsRightWhereOnlyToolsAreChecked() throws {
        let check = try CompiledCheck("tools", for: .withTools)
        #expect(try check.judge(Answer("It rains.").completion).outcome == .ok)
        #expect(try check.judge(Answer("").completion).outcome == .ok)
    }

    @Test func aCutCallFailsAsCut() throws {
        let check = try CompiledCheck("tools", for: .withTools)
        let answer = Answer(calls: [("weather", #"{"city":"Li"#)], finish: "length")
        #expect(try check.judge(answer.completion).outcome == .failed(.length))
    }

    @Test func callsOfToolsThatTheProviderRunsAreNotJudged() throws {
        let answer = Answer([
            StreamedChunk(.toolCall, #"{"type":"server_tool_use","name":"web_search","input":{}}"#),
            StreamedChunk(.toolArguments, "[", item: 0), StreamedChunk(.finish, "end_turn"),
        ])
        #expect(try CompiledCheck("tools", for: .withTools).judge(answer.completion).outcome == .ok)
    }

    /// What is checked besides tools, whether they are, the text before a call of `now`, whether it is right.
    @Test(arguments: [
        // By its calls where they are checked, whatever is said beside them.
        (#""json_schema":{"type":"array"}"#, true, "Let me see.", true), (#""regex":"x""#, true, "", true),
        (#""json_schema":{"type":"array"}"#, false, "", true), (#""json_schema":{"type":"array"}"#, false, " \n", true),
        (#""min_chars":9"#, false, "<think>x</think>", true), (#""regex":"x""#, false, "<think>y", true),
        (#""max_chars":1"#, false, "     ", true),
        // Where they are not, text that is there is asked to be right.
        (#""json_schema":{"type":"array"}"#, false, "Let me see.", false),
        (#""json_schema":{"type":"array"}"#, false, "[]", true), (#""regex":"x""#, false, "y", false),
        (#""max_chars":1"#, false, "yy", false),
    ])
    func textBesideCalls(checks: String, tools: Bool, text: String, isRight: Bool) throws {
        let check = try CompiledCheck(text: #"{\#(checks),"tools":\#(tools)}"#, for: .withTools)
        let answer = Answer(calls: [("now", "{}")], text: text)
        let judgement = try check.judge(answer.completion)
        #expect(judgement.isRight == isRight, "\(judgement.reason)")
        if isRight { #expect(check.stop(in: answer.pieces) == nil) }
    }

    @Test func textWithoutCallsIsAskedToBeRightWhereToolsAreChecked() throws {
        let check = try CompiledCheck(text: #"{"json_schema":{"type":"array"},"tools":true}"#, for: .withTools)
        #expect(try check.judge(Answer("Let me see.").completion).outcome == .failed(.invalid))
        #expect(try check.judge(Answer("").completion).outcome == .failed(.blank))
        #expect(try check.judge(Answer("[]").completion).outcome == .ok)
    }
}
