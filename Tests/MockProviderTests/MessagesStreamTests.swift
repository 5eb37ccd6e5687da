import Foundation
import MockProvider
import Testing

/// Anthropic Messages as the mock speaks them.
@Suite struct MessagesStreamTests {
    private let dialect = TestDialect.messages

    private func answer(_ body: String) async throws -> WireResponse {
        try await withServer { try await $0.post(dialect, body) }
    }

    @Test func streamsEventsAsAnthropicDoes() async throws {
        let response = try await answer(dialect.body(model: "count-2"))
        #expect(response.status == 200)
        #expect(response.header("content-type") == "text/event-stream; charset=utf-8")
        #expect(response.header("request-id")?.hasPrefix("req_") == true)
        #expect(response.ending == .complete)
        #expect(
            response.text.replacing(/msg_[0-9a-f]{16}/, with: "ID") == """
                event: message_start
                data: {"type":"message_start","message":{"model":"count-2","id":"ID","type":"message",\
                "role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,\
                "usage":{"input_tokens":2,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,\
                "output_tokens":1}}}

                event: content_block_start
                data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

                event: ping
                data: {"type":"ping"}

                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"1"}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" 2"}}

                event: content_block_stop
                data: {"type":"content_block_stop","index":0}

                event: message_delta
                data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null,\
                "stop_details":null},"usage":{"input_tokens":2,"cache_creation_input_tokens":0,\
                "cache_read_input_tokens":0,"output_tokens":2}}

                event: message_stop
                data: {"type":"message_stop"}


                """)
    }

    @Test func answersInOneJSONMessageWhereNoStreamIsAskedFor() async throws {
        let response = try await answer(dialect.body(model: "count-3+reasoning", isStreaming: false))
        let value = { JSONText.value(in: response.json, at: $0) }
        #expect(value("content.0.type") as? String == "thinking")
        #expect(value("content.0.signature") as? String != nil)
        #expect(value("content.1.text") as? String == "1 2 3")
        #expect(value("stop_reason") as? String == "end_turn")
        #expect(value("usage.output_tokens") as? Int == 15)
    }

    @Test func thinksInABlockOfItsOwnThatEndsWithASignature() async throws {
        for body in [
            dialect.body(model: "count-2+reasoning"),
            dialect.body(model: "count-2", more: #""thinking":{"type":"enabled","budget_tokens":1024},"#),
        ] {
            let response = try await answer(body)
            #expect(response.strings(at: "content_block.type") == ["thinking", "text"])
            #expect(
                response.strings(at: "delta.type").suffix(4) == [
                    "thinking_delta", "signature_delta", "text_delta", "text_delta",
                ])
            #expect(response.data.compactMap { JSONText.value(in: $0, at: "index") as? Int }.max() == 1)
            #expect(response.messageText == "1 2")
        }
    }

    @Test(arguments: [#"{"type":"any"}"#, #"{"type":"tool","name":"find"}"#])
    func streamsAToolCall(choice: String) async throws {
        let tools =
            #""tools":[{"name":"find","input_schema":{"type":"object","required":["deep"],"properties":{"deep":{"type":"object","#
            + #""required":["on"],"properties":{"on":{"const":true}}}}}}],"tool_choice":\#(choice),"#
        let response = try await answer(dialect.body(more: tools))
        #expect(response.strings(at: "content_block.name") == ["find"])
        #expect(response.strings(at: "delta.partial_json").joined() == #"{"deep":{"on":true}}"#)
        #expect(dialect.finish(of: response) == "tool_use")
    }

    @Test func refusesWithItsOwnStopReason() async throws {
        let response = try await answer(dialect.body(model: "refusal"))
        #expect(dialect.finish(of: response) == "refusal")
        #expect(response.strings(at: "delta.stop_details.type") == ["refusal"])
    }

    @Test func endsAtMaxTokens() async throws {
        let body = #"{"model":"count-9","max_tokens":4,"stream":true,"messages":[{"role":"user","content":"x"}]}"#
        let response = try await answer(body)
        #expect(response.messageText == "1 2 3 4")
        #expect(dialect.finish(of: response) == "max_tokens")
        #expect(response.data.compactMap { JSONText.value(in: $0, at: "usage.output_tokens") as? Int } == [4])
    }

    @Test func goesOnFromATrailingAssistantMessage() async throws {
        let response = try await answer(dialect.body(model: "count-12", assistant: "1 2 3 4 5 6 7 8 9 1"))
        #expect(response.messageText == "0 11 12")
    }

    @Test func sendsNoUsageByOption() async throws {
        let response = try await answer(dialect.body(model: "count-2+nousage"))
        #expect(response.messageText == "1 2")
        #expect(!response.text.contains(#""usage""#))
    }

    @Test(arguments: [
        ("final assistant content cannot end with trailing whitespace", #""assistant","content":"1 2 ""#),
        ("text content blocks must be non-empty", #""user","content":[{"type":"text","text":""}]"#),
        ("Unexpected role \\\"system\\\"", #""system","content":"x""#),
    ])
    func refusesMessagesThatAnthropicRefuses(reason: String, message: String) async throws {
        let body =
            #"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"x"},{"role":\#(message)}]}"#
        let response = try await answer(body)
        #expect(response.status == 400)
        #expect(response.text.contains(reason))
        #expect(JSONText.value(in: response.json, at: "error.type") as? String == "invalid_request_error")
    }

    @Test(arguments: [#""n":1,"#, #""stream_options":{"include_usage":true},"#])
    func refusesMembersOfTheOtherDialect(member: String) async throws {
        let response = try await answer(dialect.body(more: member))
        #expect(response.status == 400)
        #expect(response.text.contains("Extra inputs are not permitted"))
    }

    @Test func demandsMaxTokensAndAVersion() async throws {
        let body = #"{"model":"m","messages":[{"role":"user","content":"x"}]}"#
        #expect(try await answer(body).text.contains("max_tokens: Field required"))
        try await withServer { server in
            let connection = try await WireConnection.open(port: server.port)
            try await connection.post(dialect.rawValue, body: dialect.body())
            #expect(await connection.response().text.contains("anthropic-version: header is required"))
        }
    }

    @Test func theNewestVersionTakesNoSamplingParameters() async throws {
        try await withServer { server in
            for (version, status) in [("2023-06-01", 200), ("2026-10-21", 400)] as [(String, UInt)] {
                let connection = try await WireConnection.open(port: server.port)
                try await connection.post(
                    dialect.rawValue, body: dialect.body(more: #""temperature":0.5,"#),
                    headers: [("anthropic-version", version)])
                #expect(await connection.response().status == status)
            }
        }
    }
}
