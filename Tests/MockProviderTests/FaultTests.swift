import MockProvider
import Testing

/// What each fault does on the wire.
@Suite struct FaultTests {
    private func answer(
        _ dialect: TestDialect = .chat, model: String, isStreaming: Bool = true
    ) async throws -> WireResponse {
        try await withServer { try await $0.post(dialect, dialect.body(model: model, isStreaming: isStreaming)) }
    }

    @Test(arguments: TestDialect.allCases, [400, 401, 402, 403, 404, 408, 409, 413, 429, 500, 502, 503, 529] as [UInt])
    func failsWithTheStatusInTheDialectsShape(dialect: TestDialect, status: UInt) async throws {
        let response = try await answer(dialect, model: "status=\(status)")
        #expect(response.status == status)
        #expect(response.header("content-type") == "application/json")
        let value = { JSONText.value(in: response.json, at: $0) }
        #expect(value("error.message") as? String != nil)
        #expect(value("error.type") as? String != nil)
        switch dialect {
        case .chat, .responses: #expect(Set(JSONText.object(response.text).keys) == ["error"])
        case .messages:
            #expect(value("type") as? String == "error")
            #expect(value("request_id") as? String == response.header("request-id"))
        }
    }

    @Test(arguments: [(TestDialect.chat, "error.code"), (.messages, "error.type")])
    func takesAnErrorsCodeAndMessage(dialect: TestDialect, path: String) async throws {
        let response = try await answer(dialect, model: "status=429+code=insufficient_quota+message=All gone%2C sorry")
        #expect(JSONText.value(in: response.json, at: path) as? String == "insufficient_quota")
        #expect(JSONText.value(in: response.json, at: "error.message") as? String == "All gone, sorry")
    }

    @Test(arguments: [301, 302, 307, 308] as [UInt])
    func redirects(status: UInt) async throws {
        let response = try await answer(model: "status=\(status)+location=http://127.0.0.1:9/elsewhere")
        #expect(response.status == status)
        #expect(response.header("location") == "http://127.0.0.1:9/elsewhere")
    }

    @Test(arguments: ["0", "2.5", "Wed, 21 Oct 2026 07:28:00 GMT", "soon"])
    func sendsRetryAfterVerbatim(value: String) async throws {
        let option = value.replacing(",", with: "%2C")
        let response = try await answer(model: "status=429+retryafter=\(option)+retryafterms=40+shouldretry=true")
        #expect(response.header("retry-after") == value)
        #expect(response.header("retry-after-ms") == "40")
        #expect(response.header("x-should-retry") == "true")
    }

    @Test(arguments: TestDialect.allCases)
    func endsCleanlyWithoutAFinishReason(dialect: TestDialect) async throws {
        let response = try await answer(dialect, model: "count-9+end=3")
        #expect(response.ending == .complete)
        #expect(dialect.text(of: response) == "1 2 3")
        #expect(dialect.finish(of: response) == nil)
        #expect(!response.text.contains("[DONE]") && !response.text.contains("message_stop"))
        let late = try await answer(dialect, model: "count-2+end=99")
        #expect(dialect.text(of: late) == "1 2")
        #expect(dialect.finish(of: late) == nil)
    }

    @Test(arguments: TestDialect.allCases)
    func sendsAnErrorInTheStream(dialect: TestDialect) async throws {
        let response = try await answer(dialect, model: "count-8+inband=middle")
        #expect(response.ending == .complete)
        #expect(dialect.text(of: response) == "1 2 3 4")
        #expect(dialect.finish(of: response) == nil)
        let error = JSONText.value(in: response.data.last ?? [:], at: "error.type") as? String
        #expect(error == (dialect == .messages ? "overloaded_error" : "server_error"))
        if dialect == .messages { #expect(response.events.last?.hasPrefix("event: error\n") == true) }
        #expect(try await answer(dialect, model: "count-8+inband=2+errordone").text.hasSuffix("data: [DONE]\n\n"))
    }

    @Test(arguments: TestDialect.allCases)
    func sendsAnErrorAfterTheFinishReason(dialect: TestDialect) async throws {
        let response = try await answer(dialect, model: "count-3+inbandlate+code=late")
        #expect(dialect.text(of: response) == "1 2 3")
        // The error is in place of a response's last event, its finish.
        #expect((dialect.finish(of: response) != nil) == (dialect != .responses))
        let path = dialect == .messages ? "error.type" : "error.code"
        #expect(JSONText.value(in: response.data.last ?? [:], at: path) as? String == "late")
        #expect(!response.text.contains("[DONE]") && !response.text.contains("message_stop"))
    }

    @Test(arguments: TestDialect.allCases)
    func sendsBrokenJSONInPlaceOfAChunkAndGoesOn(dialect: TestDialect) async throws {
        let response = try await answer(dialect, model: "count-4+malformed=1")
        #expect(dialect.text(of: response) == "1 3 4")
        #expect(response.data.filter(\.isEmpty).count == 1)
        #expect(dialect.finish(of: response) != nil)
    }

    @Test(arguments: TestDialect.allCases, [500, 100_000])
    func sendsOneEventOfExactlySoManyBytes(dialect: TestDialect, bytes: Int) async throws {
        let response = try await answer(dialect, model: "count-2+huge=\(bytes)")
        let huge = response.events.first { $0.contains("xxx") }
        #expect(huge?.utf8.count == bytes - 2, "the blank line is two more bytes")
        #expect(dialect.text(of: response).hasSuffix("x1 2"))
        #expect(dialect.finish(of: response) != nil)
    }

    @Test(arguments: [200, 502] as [UInt])
    func sendsAnHTMLPage(status: UInt) async throws {
        let response = try await answer(model: status == 200 ? "html" : "html+status=\(status)")
        #expect(response.status == status)
        #expect(response.header("content-type") == "text/html; charset=utf-8")
        #expect(response.text.hasPrefix("<!DOCTYPE html>"))
    }

    @Test func sendsAnotherContentType() async throws {
        let response = try await answer(model: "count-2+contenttype=text/plain")
        #expect(response.header("content-type") == "text/plain")
        #expect(response.chatText() == "1 2")
    }

    @Test(arguments: [(TestDialect.chat, "choices.0.message.content"), (.messages, "content.0.text")])
    func answersAStreamWithOneCompletion(dialect: TestDialect, path: String) async throws {
        let response = try await answer(dialect, model: "count-2+wholejson")
        #expect(response.header("content-type") == "application/json")
        #expect(JSONText.value(in: response.json, at: path) as? String == "1 2")
    }

    @Test(arguments: TestDialect.allCases)
    func leavesOutTheTerminator(dialect: TestDialect) async throws {
        let response = try await answer(dialect, model: "count-2+nodone")
        #expect(response.ending == .complete)
        #expect((dialect.finish(of: response) != nil) == (dialect != .responses))
        #expect(!response.text.contains("[DONE]") && !response.text.contains("message_stop"))
    }

    @Test func befallsOnlySoManyTriesOfOneRequest() async throws {
        try await withServer { server in
            let first = TestDialect.chat.body(model: "status=503+times=2", user: "a")
            let second = TestDialect.chat.body(model: "status=503+times=2", user: "b")
            var statuses: [UInt?] = []
            for body in [first, second, first, first, second, second] {
                statuses.append(try await server.post(.chat, body).status)
            }
            #expect(statuses == [503, 503, 503, 200, 503, 200])
        }
    }

    @Test func aFlakyModelFinallyAnswersEachRequest() async throws {
        try await withServer { server in
            var failures = 0
            for number in 0..<60 {
                let body = TestDialect.chat.body(model: "flaky=60", user: "question \(number)")
                var attempts = 0
                while true {
                    let response = try await server.post(.chat, body)
                    attempts += 1
                    if response.status == 200, response.text.hasSuffix("[DONE]\n\n") { break }
                    failures += 1
                    try #require(attempts < 4)
                }
            }
            #expect(failures > 40)
        }
    }

    @Test(arguments: [
        ("field", "\n\nerror: {\"message\":\"Oh no\""),
        ("named", "\n\nevent: error\ndata: {\"error\":{\"message\":\"Oh no\""),
        ("raw", "\n\n{\"error\":{\"message\":\"Oh no\""), ("nested", "\n\ndata: {\"error\":{\"message\":\"Oh no\""),
        ("chunk", "\"finish_reason\":\"error\"}],\"error\":{\"code\":500,\"message\":\"Oh no\"}}\n\n"),
        ("empty", "\"delta\":{},\"finish_reason\":null}]}\n\n"),
    ])
    func errsInTheStreamInEveryForm(form: String, text: String) async throws {
        let response = try await answer(model: "count-4+inband=2+message=Oh no+errorform=\(form)")
        #expect(response.chatText() == "1 2")
        #expect(response.text.contains(text), "\(response.text.suffix(300))")
        #expect(!response.text.contains("[DONE]"))
    }

    @Test(arguments: TestDialect.allCases)
    func cutsBeforeTheUsage(dialect: TestDialect) async throws {
        let usage = dialect == .chat ? #""stream_options":{"include_usage":true},"# : ""
        let response = try await withServer {
            try await $0.post(dialect, dialect.body(model: "count-4+cutusage", more: usage))
        }
        #expect(response.ending == .closed)
        #expect(dialect.text(of: response) == "1 2 3 4")
        #expect(!response.text.contains(#""output_tokens":4"#))
        #expect(!response.text.contains(#""completion_tokens""#))
    }

    @Test(arguments: [
        (TestDialect.chat, "content_filter"), (.messages, "refusal"), (.responses, "incomplete"),
    ])
    func endsByTheContentFilter(dialect: TestDialect, finish: String) async throws {
        let response = try await answer(dialect, model: "count-4+filter")
        #expect(dialect.text(of: response) == "1 2")
        #expect(dialect.finish(of: response) == finish)
    }

    @Test func saysWhenToComeAgainAsADate() async throws {
        let response = try await answer(model: "status=429+retryafterdate=2s")
        let value = try #require(response.header("retry-after"))
        #expect(value.hasSuffix(" GMT") && value.count == 29)
    }
}
