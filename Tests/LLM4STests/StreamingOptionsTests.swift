// Only LLM4S: what a user of the library has.
import LLM4S
import MockProvider
import Synchronization
import Testing

/// The callbacks of a stream: one start, its chunks, exactly one end, nothing after it.
@Suite struct StreamingOptionsTests {
    /// What a stream told, in its order.
    private final class Story: Sendable {
        enum Event: Equatable {
            case start
            case chunk(StreamedChunk)
            case error(LLMError)
            case complete(Completion)
        }

        private let told = Mutex<[Event]>([])
        let chunks = Tally()
        var events: [Event] { told.withLock { $0 } }
        var text: String { events.map { if case .chunk(let chunk) = $0 { chunk.content ?? "" } else { "" } }.joined() }

        func add(_ event: Event) { told.withLock { $0.append(event) } }

        var options: StreamingOptions {
            StreamingOptions.builder()
                .withOnStart { self.add(.start) }
                .withOnChunk { chunk in
                    self.add(.chunk(chunk))
                    self.chunks.add()
                }
                .withOnError { self.add(.error($0)) }
                .withOnComplete { self.add(.complete($0)) }
                .build()
        }

        /// Whether it is a start, chunks, and this end.
        func isWhole(endingWith end: Event) -> Bool {
            guard events.first == .start, events.last == end else { return false }
            return events.dropFirst().dropLast().allSatisfy { if case .chunk = $0 { true } else { false } }
        }
    }

    private func client(_ server: MockServer, _ model: String) throws -> LLMClient {
        try LLM.client(model: "mock/\(model)", environment: ["MOCK_BASE_URL": server.baseURL])
    }

    @Test func tellsStartChunksAndTheCompletion() async throws {
        let server = try await MockServer.start()
        let story = Story()
        let completion = try await client(server, "count-50").streamComplete([.user("Hi")], streaming: story.options)
        #expect(story.isWhole(endingWith: .complete(completion)))
        #expect(story.text == completion.content)
        #expect(completion.content.hasSuffix(" 50"))
        await server.stop()
    }

    @Test(arguments: [
        ("count-50+status=429+retryafter=7", ErrorKind.rateLimit), ("count-50+status=401", .auth),
        ("count-50+status=500", .server), ("count-50+status=529", .overloaded), ("count-50+cut=700", .cut),
        ("count-50+reset=700", .cut), ("count-50+inband=middle", .server), ("count-50+inbandlate", .server),
        ("count-50+malformed=middle", .decode), ("count-50+huge=9000000", .oversizedEvent), ("count-50+html", .decode),
        ("count-50+end=middle", .cut), ("count-50+status=302+location=http://127.0.0.1:1/v1", .redirect),
    ])
    func tellsStartChunksAndTheErrorThatIsThrown(model: String, kind: ErrorKind) async throws {
        let server = try await MockServer.start()
        let story = Story()
        let client = try client(server, model)
        let error = try #require(
            await #expect(throws: LLMError.self) {
                try await client.streamComplete([.user("Hi")], streaming: story.options)
            })
        #expect(error.kind == kind)
        #expect(error.retryAfter == (kind == .rateLimit ? .seconds(7) : nil))
        #expect(story.isWhole(endingWith: .error(error)))
        await server.stop()
    }

    @Test func tellsOfARequestThatCannotBeMade() async throws {
        let server = try await MockServer.start()
        let story = Story()
        var options = CompletionOptions()
        options[.n] = 2
        let client = try LLM.client(
            model: "anthropic/claude-haiku-4-5",
            environment: ["ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": server.baseURL])
        await #expect(throws: LLMError.self) {
            try await client.streamComplete([.user("Hi")], options: options, streaming: story.options)
        }
        #expect(story.events.count == 2 && story.events.first == .start)
        guard case .error(let error) = story.events.last else {
            Issue.record("the end is no error: \(story.events)")
            return
        }
        #expect(error.kind == .invalidRequest)
        #expect(server.statistics.requests == 0)
        await server.stop()
    }

    @Test func tellsOfAServerThatIsNotThere() async throws {
        let story = Story()
        let port = try RefusedPort()
        let client = try LLM.client(
            model: "mock/m", environment: ["MOCK_BASE_URL": "http://127.0.0.1:\(port.port)/v1"])
        let error = try #require(
            await #expect(throws: LLMError.self) {
                try await client.streamComplete([.user("Hi")], streaming: story.options)
            })
        #expect(error.kind == .connect)
        #expect(story.events == [.start, .error(error)])
    }

    @Test func nothingIsToldAfterACancelledStreamsEnd() async throws {
        let server = try await ScriptedServer { connection, _ in
            connection.send(Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")))
        }
        let story = Story()
        let client = LLMClient(endpoint: try server.endpoint(), model: "m-1")
        let task = Task { try await client.streamComplete([.user("Hi")], streaming: story.options) }
        await story.chunks.reach(1)
        task.cancel()
        // The answer goes on and ends in order, too late.
        await server.sendToAll(Wire.chunk(Chat.delta("lo") + Chat.finish() + Chat.done) + Wire.lastChunk)
        let result = await task.result
        let told = story.events
        switch result {
        case .success(let completion): #expect(story.isWhole(endingWith: .complete(completion)))
        case .failure(let error):
            #expect((error as? LLMError)?.kind == .cancelled)
            #expect(story.isWhole(endingWith: .error(try #require(error as? LLMError))))
        }
        await server.closed.reach(1)
        #expect(story.events == told)
        await server.stop()
    }

    @Test func waitsAsLongAsItsOwnClocksSay() async throws {
        let server = try await MockServer.start()
        let story = Story()
        var streaming = story.options
        streaming.timeouts.firstToken = .milliseconds(200)
        let silent = try client(server, "count-50+silent=first")
        await #expect { try await silent.streamComplete([.user("Hi")], streaming: streaming) } throws: {
            ($0 as? LLMError)?.kind == .timeoutFirstToken
        }
        #expect(story.events.count { if case .error = $0 { true } else { false } } == 1)
        var timeouts = StreamTimeouts()
        timeouts.idle = .milliseconds(200)
        let stopping = try client(server, "count-50+silent=middle")
        await #expect {
            for try await _ in stopping.stream([.user("Hi")], timeouts: timeouts) {}
        } throws: {
            ($0 as? LLMError)?.kind == .timeoutIdle
        }
        await server.stop()
    }

    @Test func givesUpAConnectionAsSoonAsItsOwnClockSays() async throws {
        // It accepts and never speaks TLS.
        let server = try await ScriptedServer(.silent)
        let client = LLMClient(endpoint: try server.endpoint(isSecure: true), model: "m-1")
        let streaming = StreamingOptions.builder().withConnectionTimeout(.milliseconds(100)).build()
        await #expect { try await client.streamComplete([.user("Hi")], streaming: streaming) } throws: {
            ($0 as? LLMError)?.kind == .timeoutConnect
        }
        await server.stop()
    }

    /// Without TLS HTTP/2 is spoken only where it is asked for.
    @Test func speaksTheVersionThatTheOptionsName() async throws {
        let server = try await ScriptedServer(http2: 10) { connection, _ in connection.send(Wire.chunked(Chat.whole)) }
        let client = LLMClient(endpoint: try server.endpoint(), model: "m-1")
        let streaming = StreamingOptions.builder().withHTTP(.http2).build()
        #expect(try await client.streamComplete([.user("Hi")], streaming: streaming).content == Chat.text)
        await #expect(throws: LLMError.self) { try await client.streamComplete([.user("Hi")]) }
        await server.stop()
    }

    @Test func aBuilderGivesWhatItsStepsSay() {
        let none = StreamingOptions.builder().build()
        #expect(none.timeouts == StreamTimeouts())
        let first = StreamingOptions.builder().withReadTimeout(.seconds(3))
        let second = first.withConnectionTimeout(.seconds(2))
        #expect(first.build().timeouts.connect == StreamTimeouts().connect)
        let timeouts = second.build().timeouts
        #expect(timeouts.connect == .seconds(2))
        #expect([timeouts.firstToken, timeouts.idle, timeouts.stall] == [.seconds(3), .seconds(3), .seconds(3)])
        #expect(second.withTimeouts(StreamTimeouts()).build().timeouts == StreamTimeouts())
    }
}
