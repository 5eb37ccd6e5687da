import LLM4S
import MockProvider
import Synchronization
import Testing

/// What follows answers that are not the value that is asked for, and what is told of them.
@Suite struct CheckedRepetitionTests {
    // MARK: Wrong answers

    @Test(arguments: ReviewMock.dialects)
    func aWrongAnswerIsAskedForAgain(dialect: LLM4S.Dialect) async throws {
        try await ReviewMock.run("schema+wrong=missing+times=1", dialect) { client, server in
            let answer = try await ReviewMock.review(client)
            let wrong = try #require(answer.rejected.first)
            #expect(answer.rejected.count == 1 && wrong.error.kind == .invalidAnswer && wrong.error.code == nil)
            #expect(wrong.error.message.contains("label"), "\(wrong.error)")
            #expect(wrong.answer.text.contains("score") && wrong.usage?.completionTokens != nil)
            #expect(server.requests.count == 2)
            #expect(Set(server.requests.map(\.bodyText)).count == 1)
        }
    }

    @Test(arguments: ReviewMock.dialects)
    func theModelIsToldWhatWasWrongWhereThatIsWanted(dialect: LLM4S.Dialect) async throws {
        try await ReviewMock.run("schema+wrong=type+times=1", dialect) { client, server in
            let answer = try await ReviewMock.review(client, CompletionOptions(), CheckingOptions(onInvalid: .ask))
            #expect(answer.rejected.count == 1)
            let bodies = server.requests.map(\.bodyText)
            try #require(bodies.count == 2)
            #expect(!bodies[0].contains("Your previous response is not valid"))
            let body = try JSONParser.parse(bodies[1])
            let messages = try #require((body["messages"] ?? body["input"])?.array)
            #expect(messages.map { $0["role"]?.string } == ["user", "assistant", "user"])
            #expect(messages[0]["content"]?.text.contains("Judge it.") == true)
            #expect(messages[1]["content"]?.text.contains("score") == true, "\(messages[1])")
            let request = try #require(messages[2]["content"]?.text)
            #expect(request.contains("Your previous response is not valid") && request.contains("/score"), "\(request)")
        }
    }

    @Test(arguments: ReviewMock.dialects)
    func aStreamIsClosedAtTheFirstWrongByte(dialect: LLM4S.Dialect) async throws {
        // More than one read brings, so that however late the client is, most of it is still to come.
        let whole = try await chunks(of: "schema+words=4000", dialect).count
        let (count, rejected) = try await chunks(of: "schema+wrong=prose+words=4000+times=1", dialect)
        let wrong = try #require(rejected.first)
        #expect(rejected.count == 1 && wrong.error.code == "stopped_early")
        #expect(wrong.error.message.contains("Here") && wrong.answer.text.hasPrefix("Here"), "\(wrong)")
        #expect(whole > 1000 && count - whole < whole / 2, "\(count) chunks in place of \(whole)")
    }

    private func chunks(
        of model: String, _ dialect: LLM4S.Dialect
    ) async throws -> (count: Int, rejected: [RejectedCompletion]) {
        let count = Mutex(0)
        var rejected: [RejectedCompletion] = []
        var options = ReviewMock.warm
        options.maxTokens = 100_000
        try await ReviewMock.run(model, dialect) { [options] client, _ in
            rejected = try await ReviewMock.review(
                client, options, streaming: StreamingOptions(onChunk: { _ in count.withLock { $0 += 1 } })
            ).rejected
        }
        return (count.withLock { $0 }, rejected)
    }

    @Test(
        arguments: [
            // A further answer to the same request would be the same.
            (nil, CheckingOptions(), 2), (0, CheckingOptions(), 2), (0, CheckingOptions(onInvalid: .ask), 3),
            (0.5, CheckingOptions(), 3), (0.5, CheckingOptions(maximumAnswers: 2), 2),
            (0.5, CheckingOptions(maximumAnswers: 0), 1),
        ] as [(Double?, CheckingOptions, Int)])
    func noMoreAnswersAreAskedForThanMayBe(
        temperature: Double?, checking: CheckingOptions, answers: Int
    ) async throws {
        var options = CompletionOptions()
        options.temperature = temperature
        try await ReviewMock.run("schema+wrong=missing") { [options] client, server in
            let error = try await ReviewMock.failure { _ = try await ReviewMock.review(client, options, checking) }
            #expect(error.kind == .invalidAnswer)
            #expect(error.message.contains("label"), "\(error)")
            #expect(error.message.contains("none of \(answers) answers is right") == (answers > 1), "\(error)")
            #expect(server.statistics.requests == answers)
        }
    }

    /// Where the interface says so before the text, or in place of it.
    @Test(arguments: [LLM4S.Dialect.openAIChat, .openAIResponses])
    func aRefusalIsNotAskedForAgain(dialect: LLM4S.Dialect) async throws {
        try await ReviewMock.run("schema+wrong=refuse", dialect) { client, server in
            let error = try await ReviewMock.failure { _ = try await ReviewMock.review(client) }
            #expect(error.kind == .invalidAnswer && error.code == "refusal")
            #expect(server.statistics.requests == 1)
        }
    }

    @Test(arguments: ReviewMock.dialects)
    func anAnswerThatIsCutIsNotAskedForAgain(dialect: LLM4S.Dialect) async throws {
        var options = ReviewMock.warm
        options.maxTokens = 16
        try await ReviewMock.run("schema+words=100", dialect) { [options] client, server in
            let error = try await ReviewMock.failure { _ = try await ReviewMock.review(client, options) }
            #expect(error.kind == .invalidAnswer && error.code == "length", "\(error)")
            #expect(server.statistics.requests == 1)
        }
    }

    @Test func anAnswerThatOnlyCallsToolsIsNoValue() async throws {
        var options = ReviewMock.warm
        options.tools = [["type": "function", "function": ["name": "look_up", "parameters": ["type": "object"]]]]
        try await ReviewMock.run("schema+tool") { [options] client, server in
            let error = try await ReviewMock.failure { _ = try await ReviewMock.review(client, options) }
            #expect(error.kind == .invalidAnswer && error.message.contains("look_up"), "\(error)")
            #expect(server.statistics.requests == 1)
        }
    }

    @Test func wordsBeforeACallOfAToolAreNoWrongAnswer() async throws {
        let deltas = [
            #"{"content":"Let me look that up."}"#,
            #"{"tool_calls":[{"index":0,"id":"c","function":{"name":"look_up","arguments":"{}"}}]}"#,
        ]
        let events = deltas.map { #"data: {"choices":[{"index":0,"delta":\#($0)}]}"# + "\n\n" }.joined()
        let server = try await ScriptedServer { connection, _ in
            let end = #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#
            connection.send(Wire.chunked(events + end + "\n\ndata: [DONE]\n\n"))
        }
        var options = ReviewMock.warm
        options.tools = [["type": "function", "function": ["name": "look_up", "parameters": ["type": "object"]]]]
        let client = LLMClient(endpoint: try server.endpoint(), model: "m")
        let error = try await ReviewMock.failure { [options] in _ = try await ReviewMock.review(client, options) }
        #expect(error.kind == .invalidAnswer && error.message.contains("look_up"), "\(error)")
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test func eachAnswerThatIsNotTakenIsTold() async throws {
        let told = Mutex<[String?]>([])
        let checking = CheckingOptions(onRejected: { wrong in told.withLock { $0.append(wrong.error.code) } })
        try await ReviewMock.run("schema+wrong=blank+words=5") { client, server in
            let error = try await ReviewMock.failure {
                _ = try await ReviewMock.review(client, ReviewMock.warm, checking)
            }
            #expect(error.kind == .invalidAnswer && server.statistics.requests == 3)
            #expect(told.withLock { $0 } == ["blank", "blank", "blank"])
        }
    }

    // MARK: Callbacks

    @Test func oneStartAndOneEndAreToldOfAllAnswers() async throws {
        let told = Mutex<[String]>([])
        let tell: @Sendable (String) -> Void = { word in told.withLock { $0.append(word) } }
        let streaming = StreamingOptions(
            onStart: { tell("start") }, onError: { tell("error \($0.kind.rawValue)") },
            onComplete: { tell("complete \($0.content)") })
        try await ReviewMock.run("schema+wrong=missing+times=1") { client, _ in
            let answer = try await ReviewMock.review(client, streaming: streaming)
            #expect(told.withLock { $0 } == ["start", "complete \(answer.completion.content)"])
        }
        told.withLock { $0 = [] }
        try await ReviewMock.run("schema+wrong=missing") { client, _ in
            _ = try await ReviewMock.failure { _ = try await ReviewMock.review(client, streaming: streaming) }
            #expect(told.withLock { $0 } == ["start", "error invalid_answer"])
        }
    }
}
