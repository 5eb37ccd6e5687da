import MockProvider
import Testing

/// Streams and documents of the Responses API.
@Suite struct ResponsesStreamTests {
    private let dialect = TestDialect.responses

    private func answer(model: String, more: String = "", isStreaming: Bool = true) async throws -> WireResponse {
        try await withServer {
            try await $0.post(dialect, dialect.body(model: model, isStreaming: isStreaming, more: more))
        }
    }

    private func final(_ response: WireResponse) throws -> [String: Any] {
        try #require(response.data.last { $0["response"] != nil }?["response"] as? [String: Any])
    }

    @Test func sendsTheEventsOfATextInOpenAIsOrder() async throws {
        let response = try await answer(model: "count-2")
        #expect(
            response.strings(at: "type") == [
                "response.created", "response.in_progress", "response.output_item.added",
                "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
                "response.output_text.done", "response.content_part.done", "response.output_item.done",
                "response.completed",
            ])
        #expect(response.data.compactMap { $0["sequence_number"] as? Int } == Array(0..<10))
        for (event, type) in zip(response.events, response.strings(at: "type")) {
            #expect(event.hasPrefix("event: \(type)\ndata: {\"type\":\"\(type)\","))
        }
        #expect(response.strings(at: "text") == ["1 2"])
        #expect(!response.text.contains("[DONE]"))
    }

    @Test func theTerminalObjectHoldsTheWholeAnswer() async throws {
        let response = try await answer(model: "count-3+reasoning")
        let object = try final(response)
        let deltas = response.data.filter { $0["type"] as? String == "response.reasoning_summary_text.delta" }
        let summary = deltas.compactMap { $0["delta"] as? String }.joined()
        #expect(deltas.count == 12)
        #expect(JSONText.value(in: object, at: "output.0.summary.0.text") as? String == summary)
        #expect(JSONText.value(in: object, at: "output.1.content.0.text") as? String == "1 2 3")
        #expect(JSONText.value(in: object, at: "usage.output_tokens") as? Int == 15)
        #expect(JSONText.value(in: object, at: "usage.output_tokens_details.reasoning_tokens") as? Int == 12)
        #expect(response.data.compactMap { $0["output_index"] as? Int }.max() == 1)
    }

    @Test func reasonsWhereASummaryIsAskedFor() async throws {
        let response = try await answer(model: "count-3", more: #""reasoning":{"effort":"low","summary":"auto"},"#)
        #expect(response.text.contains("response.reasoning_summary_text.done"))
        #expect(try await !answer(model: "count-3").text.contains("response.reasoning"))
    }

    @Test func callsAFunction() async throws {
        let tool =
            #""tools":[{"type":"function","name":"f","parameters":{"properties":{"n":{"const":42}},"required":["n"]}}],"#
        let choice = #""tool_choice":{"type":"function","name":"f"},"#
        let response = try await answer(model: "m", more: tool + choice)
        let pieces = response.data.filter { $0["type"] as? String == "response.function_call_arguments.delta" }
        #expect(pieces.compactMap { $0["delta"] as? String }.joined() == #"{"n":42}"#)
        let object = try final(response)
        #expect(JSONText.value(in: object, at: "output.0.type") as? String == "function_call")
        #expect(JSONText.value(in: object, at: "output.0.name") as? String == "f")
        #expect(JSONText.value(in: object, at: "output.0.arguments") as? String == #"{"n":42}"#)
        #expect((JSONText.value(in: object, at: "output.0.call_id") as? String)?.hasPrefix("call_") == true)
    }

    @Test func refuses() async throws {
        let response = try await answer(model: "refusal")
        let refusal = response.data.filter { $0["type"] as? String == "response.refusal.delta" }
            .compactMap { $0["delta"] as? String }.joined()
        #expect(!refusal.isEmpty)
        #expect(JSONText.value(in: try final(response), at: "output.0.content.0.refusal") as? String == refusal)
    }

    @Test(arguments: [
        ("count-40", #""max_output_tokens":16,"#, "max_output_tokens", "response.incomplete"),
        ("count-40+filter", "", "content_filter", "response.incomplete"),
        ("count-40+completedname", #""max_output_tokens":16,"#, "max_output_tokens", "response.completed"),
    ])
    func endsIncomplete(model: String, more: String, reason: String, event: String) async throws {
        let response = try await answer(model: model, more: more)
        let object = try final(response)
        #expect(response.strings(at: "type").last == event)
        #expect(object["status"] as? String == "incomplete")
        #expect(JSONText.value(in: object, at: "incomplete_details.reason") as? String == reason)
        #expect(response.responseText.hasSuffix(reason == "content_filter" ? " 20" : " 16"))
    }

    @Test(arguments: [
        ("nested", ["error"], "error.message"), ("flat", ["error"], "message"),
        ("failed", ["response.failed"], "response.error.message"),
        ("both", ["error", "response.failed"], "response.error.message"),
    ])
    func failsInEveryForm(form: String, types: [String], path: String) async throws {
        let response = try await answer(
            model: "count-4+inband=2+message=Oh no+code=rate_limit_exceeded+errorform=\(form)")
        #expect(response.responseText == "1 2")
        #expect(response.strings(at: "type").suffix(types.count) == types[...])
        #expect(response.strings(at: path).last == "Oh no")
        #expect(response.ending == .complete)
    }

    @Test func failsAfterTheContentToo() async throws {
        let response = try await answer(model: "count-2+inbandlate")
        #expect(response.strings(at: "type").suffix(2) == ["response.output_item.done", "error"])
    }

    @Test func leavesOutWhatSomeServersLeaveOut() async throws {
        #expect(try await !answer(model: "count-2+noeventnames").text.contains("event:"))
        #expect(try await !answer(model: "count-2+nosequence").text.contains("sequence_number"))
        let plain = try await answer(model: "count-2+reasoning+noindex")
        #expect(!plain.text.contains("_index"))
        #expect(plain.responseText == "1 2")
        #expect(try await answer(model: "count-2+done").text.hasSuffix("data: [DONE]\n\n"))
        #expect(try await !answer(model: "count-2+nodone").text.contains("response.completed"))
        let cut = try await answer(model: "count-2+cutusage")
        #expect(cut.ending == .closed)
        #expect(cut.strings(at: "type").last == "response.output_item.done")
        #expect(
            try JSONText.value(in: final(try await answer(model: "count-2+nousage")), at: "usage.output_tokens") == nil)
    }

    @Test func answersWithOneDocument() async throws {
        let response = try await answer(model: "count-3", isStreaming: false)
        #expect(response.json["status"] as? String == "completed")
        #expect(JSONText.value(in: response.json, at: "output.0.content.0.text") as? String == "1 2 3")
    }

    @Test func readsInputInEveryForm() async throws {
        let items =
            #"[{"type":"message","role":"user","content":[{"type":"input_text","text":"count to 3"}]},"#
            + #"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},"#
            + #"{"type":"function_call_output","call_id":"c","output":"ok"}]"#
        for input in [#""count to 3""#, items] {
            let body = #"{"model":"m","stream":true,"instructions":"Be brief.","input":\#(input)}"#
            let response = try await withServer { try await $0.post(dialect, body) }
            #expect(response.responseText == "1 2 3")
        }
    }

    @Test(arguments: [
        (#""messages":[],"#, "moved to 'input'"), (#""max_tokens":99,"#, "max_output_tokens"), (#""n":2,"#, "'n'"),
        (#""stream_options":{"include_usage":true},"#, "include_usage"),
        (#""max_output_tokens":15,"#, "Expected a value >= 16"),
    ])
    func refusesWhatOpenAIRefuses(more: String, reason: String) async throws {
        let response = try await answer(model: "m", more: more)
        #expect(response.status == 400)
        #expect(response.text.contains(reason))
    }
}
