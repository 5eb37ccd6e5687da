import LLMStreaming
import Testing

/// Tool calls in every keying seen (Provider facts, "Chat streams").
@Suite struct ToolCallKeyTests {
    private static func calls(_ entries: [String]) throws -> [ToolCall] {
        let deltas = entries.map { #"{"choices":[{"index":0,"delta":{"tool_calls":[\#($0)]}}]}"# }
        let first = #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}"#
        let last = #"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#
        let text = ([first] + deltas + [last, "[DONE]"]).map { "data: \($0)\n\n" }.joined()
        let completion = try #require(Transcript(text: text).run(.openAI).completion)
        #expect(completion.finishReason == .toolCalls)
        return completion.toolCalls
    }

    private static let one = [ToolCall(id: "a", name: "f", arguments: #"{"x":1}"#)]
    private static let two = one + [ToolCall(id: "b", name: "g", arguments: "{}")]

    @Test(arguments: [
        // In pieces by index.
        [
            #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
            #"{"index":0,"function":{"arguments":"{\"x\""}}"#, #"{"index":0,"function":{"arguments":":1}"}}"#,
        ],
        // Whole in one delta, without an index, or beginning at index 1.
        [#"{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#],
        [#"{"index":1,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#],
        // Empty ids and names later; null ones.
        [
            #"{"index":0,"id":"a","function":{"name":"f","arguments":null}}"#,
            #"{"index":0,"id":"","function":{"name":"","arguments":"{\"x\""}}"#,
            #"{"index":0,"id":null,"function":{"name":null,"arguments":":1}"}}"#,
        ],
        // Id and name on every delta, with and without an index.
        [
            #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
            #"{"index":0,"id":"a","function":{"name":"f","arguments":":1}"}}"#,
        ],
        [
            #"{"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
            #"{"id":"a","function":{"name":"f","arguments":":1}"}}"#,
        ],
        // Neither id nor index later; the id after the beginning; arguments as an object.
        [#"{"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#, #"{"function":{"arguments":":1}"}}"#],
        [
            #"{"index":0,"function":{"name":"f","arguments":"{\"x\""}}"#,
            #"{"index":0,"id":"a","function":{"arguments":":1}"}}"#,
        ],
        [#"{"index":0,"id":"a","function":{"name":"f","arguments":{"x":1}}}"#],
        // Name and arguments beside the id.
        [#"{"index":0,"id":"a","type":"function","name":"f","arguments":"{\"x\":1}"}"#],
        [#"{"index":0,"id":"a","function":null,"name":"f","arguments":{"x":1}}"#],
        // A new id on every delta: without a name, with the name each time, with neither index.
        [
            #"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#,
            #"{"index":0,"id":"b","function":{"arguments":"{\"x\""}}"#,
            #"{"index":0,"id":"c","function":{"arguments":":1}"}}"#,
            #"{"index":0,"id":"d","function":{"arguments":""}}"#,
        ],
        [
            #"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#,
            #"{"index":0,"id":"b","function":{"name":"f","arguments":"{\"x\""}}"#,
            #"{"index":0,"id":"c","function":{"name":"f","arguments":":1}"}}"#,
        ],
        [
            #"{"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
            #"{"id":"b","function":{"name":"f","arguments":":1}"}}"#,
        ],
        [#"{"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#, #"{"id":"b","function":{"arguments":":1}"}}"#],
        // The name on every delta without id and index; the index as a string, null, or only later.
        [
            #"{"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
            #"{"function":{"name":"f","arguments":":1}"}}"#,
        ],
        [
            #"{"index":"0","id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
            #"{"index":"0","function":{"arguments":":1}"}}"#,
        ],
        [
            #"{"index":null,"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
            #"{"index":0,"function":{"arguments":":1}"}}"#,
        ],
        // `{}` before the arguments, and behind them; the whole arguments once more.
        [
            #"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#,
            #"{"index":0,"function":{"arguments":"{\"x\""}}"#, #"{"index":0,"function":{"arguments":":1}"}}"#,
            #"{"index":0,"function":{"arguments":"{}"}}"#,
            #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
        ],
    ])
    func oneCallIsPutTogether(_ entries: [String]) throws {
        #expect(try Self.calls(entries) == Self.one)
    }

    @Test(arguments: [
        // Interleaved by index; arguments that never come are {}.
        [
            #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}},{"index":1,"id":"b","function":{"name":"g"}}"#,
            #"{"index":0,"function":{"arguments":":1}"}}"#,
        ],
        // Two ids on one index are two calls, also when the first id comes again.
        [
            #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}"#,
            #"{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}"#,
            #"{"index":0,"id":"a","function":{"arguments":":1}"}}"#,
        ],
        // By id alone, in one delta and in two.
        [
            #"{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","function":{"name":"g","arguments":""}}"#
        ],
        [
            #"{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
            #"{"id":"b","function":{"name":"g","arguments":"  "}}"#,
        ],
        // One id for both, where it cannot be one call.
        [
            #"{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#,
            #"{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}"#,
        ],
    ])
    func twoCallsAreKeptApart(_ entries: [String]) throws {
        #expect(try Self.calls(entries) == Self.two)
    }

    /// The value itself instead of its text, and PHP's empty list for no arguments.
    @Test(arguments: [("[1,{\"x\":2}]", #"[1,{"x":2}]"#), ("[]", "{}"), ("{}", "{}"), ("null", "{}")])
    func argumentsThatAreNoTextAreTaken(_ value: String, _ arguments: String) throws {
        let calls = try Self.calls([#"{"index":0,"id":"a","function":{"name":"f","arguments":\#(value)}}"#])
        #expect(calls == [ToolCall(id: "a", name: "f", arguments: arguments)])
    }

    @Test func aCallThatStandsOutsideOfAListIsACall() {
        let call = #""tool_calls":{"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#
        #expect(ChatEvents.run(call).completion?.toolCalls == Self.one)
    }

    @Test func entriesOfOneDeltaWithoutIDAndIndexAreCallsOfTheirOwn() throws {
        let entry = { (name: String) in #"{"function":{"name":"\#(name)","arguments":"{}"}}"# }
        #expect(try Self.calls([entry("f") + "," + entry("g")]).map(\.name) == ["f", "g"])
    }

    @Test func aSecondNameOnOneIndexWithoutIDsIsACallOfItsOwn() throws {
        let entry = { (name: String, arguments: String) in
            #"{"index":0,"id":"","function":{"name":"\#(name)","arguments":"\#(arguments)"}}"#
        }
        let calls = try Self.calls([entry("f", "{}"), entry("g", "{"), entry("", "}")])
        #expect(calls.map(\.name) == ["f", "g"] && calls.map(\.arguments) == ["{}", "{}"])
        #expect(try Self.calls([entry("f", "{"), entry("f", "}")]).map(\.arguments) == ["{}"])
    }

    /// Gemini's compatible interface: whole calls, each in a delta of its own, with neither id nor index.
    @Test(arguments: [
        ["f", #"{\"x\":1}"#, "g", #"{\"y\":2}"#], ["f", #"{\"x\":1}"#, "f", #"{\"x\":2}"#],
        ["f", #"{\"x\":1}"#, "f", #"{\"x\":1}"#], ["f", "{}", "f", "{}"], ["f", "", "g", ""],
        ["f", #"{\"x\":\"}\\\"{\"}"#, "g", "[1]"], ["f", #"{\"x\":1}"#, "", #"{\"y\":2}"#],
    ])
    func wholeCallsWithoutIDAndIndexAreCallsOfTheirOwn(_ parts: [String]) throws {
        let entry = { (name: String, arguments: String) in
            #"{"id":"","type":"function","function":{"name":"\#(name)","arguments":"\#(arguments)"}}"#
        }
        let calls = try Self.calls([entry(parts[0], parts[1]), entry(parts[2], parts[3])])
        #expect(calls.map(\.name) == [parts[0], parts[2]])
        let arguments = [parts[1], parts[3]].map { $0.isEmpty ? "{}" : $0 }
        #expect(calls.map(\.arguments) == (try arguments.map { try #require(JSONParser.parse("\"\($0)\"").string) }))
    }

    @Test func wholeCallsOnOneIndexAreCallsOfTheirOwn() throws {
        let entry = { (id: String, x: Int) in
            #"{"index":0,"id":"\#(id)","function":{"name":"f","arguments":"{\"x\":\#(x)}"}}"#
        }
        for ids in [["a", "b"], ["", ""]] {
            let calls = try Self.calls([entry(ids[0], 1), entry(ids[1], 2)])
            #expect(calls.map(\.arguments) == [#"{"x":1}"#, #"{"x":2}"#])
        }
    }

    @Test(arguments: [
        [#""get_""#, #""wea""#, #""ther""#], [#""get_""#, #""get_wea""#, #""get_weather""#],
        [#""get_weather""#, #""get_weather""#, #""""#], [#""get_weather""#, "null", #""get_weather""#],
    ])
    func aNameInPiecesIsPutTogether(_ names: [String]) throws {
        let entries = names.map { #"{"index":0,"id":"a","function":{"name":\#($0)}}"# }
        let arguments = #"{"index":0,"function":{"arguments":"{}"}}"#
        #expect(try Self.calls(entries + [arguments]) == [ToolCall(id: "a", name: "get_weather", arguments: "{}")])
        // With the first piece alone having an id.
        let later = names.dropFirst().map { #"{"index":0,"function":{"name":\#($0)}}"# }
        #expect(try Self.calls([entries[0]] + later + [arguments]).map(\.name) == ["get_weather"])
    }

    @Test func anIDMayBeANumber() throws {
        let calls = try Self.calls([
            #"{"index":0,"id":17,"function":{"name":"f","arguments":"{"}}"#,
            #"{"index":0,"id":17,"function":{"name":"","arguments":"}"}}"#,
        ])
        #expect(calls == [ToolCall(id: "17", name: "f", arguments: "{}")])
    }

    @Test func callsInterleavedFromIndexOneAreKeptApart() throws {
        let piece = { (index: Int, arguments: String) in
            #"{"index":\#(index),"function":{"arguments":"\#(arguments)"}}"#
        }
        let calls = try Self.calls([
            #"{"index":1,"id":"a","function":{"name":"f","arguments":""}}"#,
            #"{"index":2,"id":"b","function":{"name":"g","arguments":""}}"#,
            piece(1, #"{\"x\""#) + "," + piece(2, #"{\"y\""#), piece(2, ":2}") + "," + piece(1, ":1}"),
        ])
        #expect(calls.map(\.arguments) == [#"{"x":1}"#, #"{"y":2}"#])
    }

    @Test func theOldFunctionCallIsATool() throws {
        let run = Transcript(
            chat:
                #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"function_call":{"name":"f","arguments":"{"}}}]}"#,
            #"{"choices":[{"index":0,"delta":{"function_call":{"arguments":"}"}}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"function_call"}]}"#
        ).run(.openAI)
        #expect(run.completion?.toolCalls == [ToolCall(id: "", name: "f", arguments: "{}")])
        #expect(run.completion?.finishReason == .toolCalls)
    }

    @Test func callsAreInTheMessageOfTheNextTurnAndForbidToGoOn() throws {
        let first = #"{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}"#
        let run = Transcript(
            chat: #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"tool_calls":[\#(first)]}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#
        ).run(.openAI)
        #expect(
            run.completion?.choices[0].message.text
                == #"{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","#
                + #""function":{"name":"f","arguments":"{\"x\":1}"}}]}"#)
        #expect(run.handler.accumulator.partial.choices[0].hasToolCall)
    }
}
