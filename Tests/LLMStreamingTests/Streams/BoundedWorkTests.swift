import LLMStreaming
import Testing

/// An answer's work grows with its bytes: whatever a server makes many of, others wait on the same event loop.
///
/// The sizes are such that work by the square takes hours.
@Suite(.timeLimit(.minutes(10))) struct BoundedWorkTests {
    private static let many = 100_000
    /// Just within what one answer may have of blocks, calls, items and parts.
    private static let bound = 10_000

    private static func members(_ value: (Int) -> String) -> String {
        (0..<many).map { "\"m\($0)\":\(value($0))" }.joined(separator: ",")
    }

    private static func chat(_ deltas: [String]) -> StreamRun {
        let events = [ChatEvents.start] + deltas.map(ChatEvents.delta) + [ChatEvents.stop, "[DONE]"]
        return StreamRun(events.map { "data: \($0)\n\n" }.joined().utf8, .openAI)
    }

    private static func stream(_ events: [String], _ provider: Provider) -> StreamRun {
        StreamRun(events.map { "data: \($0)\n\n" }.joined().utf8, provider)
    }

    @Test func objectsOfManyMembersAreMerged() throws {
        let one = try #require(JSONParser.parse("{\(Self.members { "\($0 + 1)" })}").object)
        let other = JSONObject((one.members.map { .init(key: $0.key, value: .int(7)) } + [.init(key: "x", value: 8)]))
        let merged = one.merging(other)
        #expect(merged.members.count == Self.many + 1 && merged["m99999"] == 7 && merged["x"] == 8)
        #expect(merged.members.prefix(3).map(\.key) == ["m0", "m1", "m2"])
        // Of a name that stands twice the last counts.
        let twice = JSONObject(one.members + [.init(key: "m1", value: "last")])
        #expect(twice.merging(JSONObject([.init(key: "m1", value: "new")]))["m1"] == "new")
    }

    @Test func aUsageReportOfManyMembers() throws {
        let report = { (figure: Int) in
            #"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":\#(figure),\#(Self.members { "\($0)" })}}"#
        }
        let run = Self.stream([ChatEvents.start, ChatEvents.stop, report(1), report(2), "[DONE]"], .openAI)
        let usage = try #require(run.completion?.usage)
        #expect(usage.completionTokens == 2 && usage.raw.members.count == Self.many + 2)
    }

    @Test func aToolBlockOfManyMembers() throws {
        let block = #"{"type":"tool_use","id":"t","name":"f","input":{},\#(Self.members { "\($0)" })}"#
        let run = Self.stream(
            [
                MessagesEvents.start, MessagesEvents.begin(0, block), MessagesEvents.begin(0, block),
                MessagesEvents.end("tool_use"), MessagesEvents.stop,
            ], .anthropic)
        #expect(run.completion?.toolCalls == [ToolCall(id: "t", name: "f", arguments: "{}")])
    }

    @Test func aReasoningDetailOfManyMembers() throws {
        let detail =
            #""reasoning_details":[{"index":0,"type":"reasoning.text","text":"a",\#(Self.members { "\($0)" })}]"#
        let run = Self.chat([detail, detail])
        #expect(run.completion?.choices[0].message["reasoning_details"]?.array?[0]["text"] == "aa")
    }

    @Test func manyReasoningDetails() throws {
        let details = { (text: String) in
            let list = (0..<20_000).map { #"{"index":\#($0),"type":"reasoning.text","text":"\#(text)"}"# }
            return #""reasoning_details":[\#(list.joined(separator: ","))]"#
        }
        let run = Self.chat([details("a"), details("b")])
        let merged = run.completion?.choices[0].message["reasoning_details"]?.array
        #expect(merged?.count == 20_000 && merged?.allSatisfy { $0["text"] == "ab" } == true)
        // Without an index each stands alone: a bound is all that keeps their number.
        let one = #""reasoning_details":[\#([String](repeating: "{}", count: 50_001).joined(separator: ","))]"#
        #expect(Self.chat([one]).completion != nil && Self.chat([one, one]).error?.kind == .decode)
    }

    @Test func manyCitations() throws {
        let list = [String](repeating: #"{"url":"u"}"#, count: 20_000).joined(separator: ",")
        let run = Self.chat([#""content":"a""#, #""annotations":[\#(list)]"#])
        #expect(run.completion?.content == "a")
    }

    @Test func manyToolCalls() throws {
        let calls = { (form: (Int) -> String) in
            #""tool_calls":[\#((0..<Self.bound).map(form).joined(separator: ","))]"#
        }
        let forms: [(String, (Int) -> String, (Int) -> String)] = [
            (
                "by index",
                { #"{"index":\#($0),"id":"c\#($0)","function":{"name":"f","arguments":"{\"x\""}}"# },
                { #"{"index":\#($0),"function":{"arguments":":1}"}}"# }
            ),
            (
                "by id", { #"{"id":"c\#($0)","function":{"name":"f","arguments":"{\"x\""}}"# },
                { #"{"id":"c\#($0)","function":{"arguments":":1}"}}"# }
            ),
        ]
        for (name, first, second) in forms {
            let run = Self.chat([calls(first), calls(second), #""content":"a""#, calls(first)])
            #expect(run.completion?.toolCalls.count == Self.bound, "\(name)")
            #expect(run.completion?.toolCalls.last?.arguments.hasPrefix(#"{"x":1}"#) == true, "\(name)")
        }
        let named = calls { _ in #"{"function":{"name":"f","arguments":"{\"x\":1}"}}"# }
        #expect(Self.chat([named]).completion?.toolCalls.count == Self.bound)
        #expect(Self.chat([named, named]).error?.kind == .decode)
    }

    @Test func manyCallsOfAWholeMessage() throws {
        let call = { (index: Int) in
            #"{"index":\#(index),"id":"c\#(index)","function":{"name":"f","arguments":"{\"x\":1}"}}"#
        }
        let list = (0..<Self.bound).map(call).joined(separator: ",")
        let whole = #"{"object":"chat.completion","choices":[{"index":0,"message":{"tool_calls":[\#(list)]}}]}"#
        let run = Self.stream(
            [ChatEvents.start, ChatEvents.delta(#""tool_calls":[\#(list)]"#), whole, ChatEvents.stop, "[DONE]"], .openAI
        )
        #expect(run.completion?.toolCalls.count == Self.bound)
        #expect(run.completion?.toolCalls.allSatisfy { $0.arguments == #"{"x":1}"# } == true)
    }

    @Test func manyBlocks() throws {
        let round = (0..<Self.bound).map { MessagesEvents.text($0, "a") }
        let run = Self.stream(
            [MessagesEvents.start] + round + round + [MessagesEvents.end("end_turn"), MessagesEvents.stop], .anthropic)
        #expect(run.completion?.content.utf8.count == 2 * Self.bound)
        #expect(run.completion?.choices[0].message["content"]?.array?.last?["text"] == "aa")
    }

    @Test func manyOutputItems() throws {
        let item = { (index: Int) in
            #"{"type":"message","id":"i\#(index)","content":[{"type":"output_text","text":"abc"}]}"#
        }
        let places = 0..<Self.bound
        let nameless = places.map { #"{"type":"response.output_text.delta","item_id":"i\#($0)","delta":"b"}"# }
        let output = places.map(item).joined(separator: ",")
        let run = Self.stream(
            [ResponsesEvents.created]
                + places.map { ResponsesEvents.added($0, #"{"type":"message","id":"i\#($0)","content":[]}"#) }
                + places.map { ResponsesEvents.text($0, "a") } + nameless
                + [ResponsesEvents.end("completed", #","output":[\#(output)]"#)], .responses)
        #expect(run.completion?.content.utf8.count == 3 * Self.bound)
    }

    @Test func manyNamesOfOneItemAndManyTextsOfIt() throws {
        let names = (0..<3 * Self.bound).map { ResponsesEvents.added(0, #"{"type":"message","id":"i\#($0)"}"#) }
        let texts = { (text: String) in
            (0..<Self.bound).map {
                #"{"type":"response.output_text.delta","output_index":0,"content_index":\#($0),"delta":"\#(text)"}"#
            }
        }
        let parts = [String](repeating: #"{"type":"output_text","text":"abc"}"#, count: Self.bound)
        let done = ResponsesEvents.done(0, #"{"type":"message","content":[\#(parts.joined(separator: ","))]}"#)
        let run = Self.stream(
            [ResponsesEvents.created] + names + texts("a") + texts("b") + [done, ResponsesEvents.end()], .responses)
        #expect(run.completion?.content.utf8.count == 3 * Self.bound)
        let more = ResponsesEvents.event(
            "output_text.delta", 0, #""content_index":\#(Self.bound),"delta":"a""#)
        #expect(Self.stream([ResponsesEvents.created] + texts("a") + [more], .responses).error?.kind == .decode)
    }
}
