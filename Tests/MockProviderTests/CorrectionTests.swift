import Foundation
import Testing

@testable import MockProvider

/// Wrong answers that end after some attempts, and schemas that are refused.
@Suite struct CorrectionTests {
    private let person = SchemaValueTests.person
    private static let correction = "Your previous response is not valid: /age: a string."

    /// A request whose last messages are rejected answers and corrections.
    private func body(
        _ dialect: TestDialect, model: String, user: String = "Who?", rejected: Int = 0, more: String = ""
    ) -> String {
        let round = #",{"role":"assistant","content":"{}"},{"role":"user","content":"\#(Self.correction)"}"#
        let body = dialect.body(model: model, user: user, more: dialect.format(person) + more)
        return body.dropLast(2) + String(repeating: round, count: rejected) + "]}"
    }

    private func texts(_ dialect: TestDialect, _ bodies: [String]) async throws -> [String] {
        try await withServer { server in
            var texts: [String] = []
            for body in bodies { texts.append(dialect.text(of: try await server.post(dialect, body))) }
            return texts
        }
    }

    @Test(arguments: TestDialect.allCases)
    func aCorrectionIsAFurtherAttempt(dialect: TestDialect) async throws {
        let model = "wrong=type+times=2"
        let texts = try await texts(dialect, (0..<4).map { body(dialect, model: model, rejected: $0) })
        let checker = try SchemaChecker(person)
        #expect(texts.map { checker.fits($0) } == [false, false, true, true])
        let right = try await self.texts(dialect, [body(dialect, model: "schema")])
        #expect(texts[2] == right[0], "the answer to a correction is that of the first attempt without its fault")
    }

    @Test func theSameRequestAgainIsAFurtherAttemptInAnotherSizeAndHeatToo() async throws {
        let more = ["", #""temperature":0.3,"max_tokens":9000,"#, #""temperature":0.6,"#]
        let texts = try await texts(.chat, more.map { body(.chat, model: "wrong=loop+times=2", more: $0) })
        #expect(texts.map { $0.utf8.count > 2_500 } == [true, true, false])
    }

    @Test func anotherRequestHasItsOwnAttempts() async throws {
        let users = ["Who?", "Who?", "And who?", "And who?"]
        let texts = try await texts(.chat, users.map { body(.chat, model: "wrong=syntax+times=1", user: $0) })
        let checker = try SchemaChecker(person)
        #expect(texts.map { checker.fits($0) } == [false, true, false, true])
    }

    @Test func aCutCorrectionGoesOnAsTheSameRequest() async throws {
        let right = try await texts(.chat, [body(.chat, model: "schema")])[0]
        let corrected = body(.chat, model: "wrong=type+times=1", rejected: 1)
        let partial = JSON.string(String(right.prefix(30))).text
        let goesOn =
            corrected.dropLast(2) + #",{"role":"assistant","content":\#(partial)},{"role":"user","content":"Go on."}]}"#
        let texts = try await texts(.chat, [body(.chat, model: "wrong=type+times=1"), corrected, String(goesOn)])
        #expect(texts[1] == right)
        #expect(texts[2] == String(right.dropFirst(30)))
    }

    @Test(arguments: [
        (#"[{"role":"user","content":"a"}]"#, 0),
        (#"[{"role":"user","content":"Your previous response is not valid"}]"#, 0),
        (#"[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]"#, 0),
        (
            #"[{"role":"user","content":"a"},{"role":"assistant","content":null},"#
                + #"{"role":"tool","content":"Your previous response is not valid"}]"#, 2
        ),
        (
            #"[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"tool","content":"none"},"#
                + #"{"role":"user","content":"Your previous response is not valid."}]"#, 3
        ),
        (
            #"[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"#
                + #"[{"type":"tool_result","content":"no"},{"type":"text","text":"Your previous response is not valid."}]}]"#,
            2
        ),
    ])
    func knowsTheMessagesOfACorrection(messages: String, count: Int) throws {
        let body = try JSONDecoder().decode(
            AnswerRequest.self, from: Data(#"{"model":"m","messages":\#(messages)}"#.utf8))
        #expect(body.correctionMessages(in: body.turns[...]) == count)
        #expect(body.question == (body.turns.count == 1 ? body.lastUserText : count > 0 ? "a" : "c"))
    }

    @Test func knowsTheItemsOfACorrectedCall() throws {
        let items = [
            #"{"role":"user","content":"a"}"#, #"{"type":"reasoning","summary":[]}"#,
            #"{"type":"function_call","name":"f","arguments":"{}"}"#,
            #"{"type":"function_call_output","output":"Your previous response is not valid"}"#,
        ].joined(separator: ",")
        let body = try JSONDecoder().decode(AnswerRequest.self, from: Data(#"{"model":"m","input":[\#(items)]}"#.utf8))
        #expect(body.correctionMessages(in: body.turns[...]) == 3)
        #expect(body.question == "a")
    }

    @Test func keepsWrongAnswersInAStorm() {
        let behavior = MockBehavior.with {
            ($0.storm, $0.fault.wrong, $0.faultTimes) = (FaultStorm(percent: 100), .type, 2)
        }
        let faults = (0..<4).map { FaultDraw(seed: 1).fault(of: behavior, request: 1, attemptsBefore: $0) }
        #expect(faults.map(\.wrong) == [.type, .type, nil, nil])
        #expect(faults[0] != .with { $0.wrong = .type }, "the storm's own fault is there too")
    }

    @Test(arguments: [
        (TestDialect.chat, "Invalid schema for response_format 'x': ", "response_format" as String?),
        (.responses, "Invalid schema for response_format 'x': ", "text.format.schema"),
        (.messages, "output_config.format.schema: ", nil),
    ])
    func refusesASchema(dialect: TestDialect, message: String, parameter: String?) async throws {
        let bodies = [
            body(dialect, model: "refuseschema"), dialect.body(model: "refuseschema"),
            body(dialect, model: "refuseschema+times=1"), body(dialect, model: "refuseschema+times=1"),
        ]
        let responses = try await withServer { server in
            var responses: [WireResponse] = []
            for body in bodies { responses.append(try await server.post(dialect, body)) }
            return responses
        }
        #expect(responses.map(\.status) == [400, 200, 400, 200])
        let told = try #require(JSONText.value(in: responses[0].json, at: "error.message") as? String)
        #expect(told.hasPrefix(message))
        #expect(JSONText.value(in: responses[0].json, at: "error.param") as? String == parameter)
        #expect(JSONText.value(in: responses[0].json, at: "error.type") as? String == "invalid_request_error")
    }
}
