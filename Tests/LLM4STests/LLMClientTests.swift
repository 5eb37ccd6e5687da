// Only LLM4S: its users need no other import for conversations, chunks and errors.
import LLM4S
import NIOCore
import Testing

@Suite struct LLMClientTests {
    @Test(arguments: [
        ("openai/gpt-4.1", "openai", "gpt-4.1", "https://api.openai.com/v1/chat/completions"),
        ("gpt-4.1", "openai", "gpt-4.1", "https://api.openai.com/v1/chat/completions"),
        (
            "vllm/meta-llama/Llama-3.1-8B", "vllm", "meta-llama/Llama-3.1-8B",
            "http://localhost:8000/v1/chat/completions"
        ),
        ("anthropic/claude-haiku-4-5", "anthropic", "claude-haiku-4-5", "https://api.anthropic.com/v1/messages"),
    ])
    func choosesTheProviderByThePrefix(name: String, provider: String, model: String, url: String) throws {
        let keys = ["OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"]
        let client = try LLM.client(model: name, environment: keys)
        #expect(client.endpoint.provider.name == provider)
        #expect(client.model == model)
        #expect(client.endpoint.origin.description + client.endpoint.path == url)
    }

    @Test(arguments: ["OPENROUTER_API_KEY", "OPENAI_API_KEY"])
    func takesOpenRouterWhereOpenAIsURLPointsThere(variable: String) throws {
        let client = try LLM.client(
            model: "meta-llama/llama-3.1-70b",
            environment: ["OPENAI_BASE_URL": "https://openrouter.ai/api/v1", variable: "k"])
        #expect(client.endpoint.provider.name == "openrouter")
        #expect(client.model == "meta-llama/llama-3.1-70b")
        #expect(client.endpoint.origin.host == "openrouter.ai")
    }

    @Test(arguments: [
        ("gpt-4.1", "OPENAI_API_KEY"), ("anthropic/claude-haiku-4-5", "ANTHROPIC_API_KEY"),
        ("nowhere/model", "nowhere/model"), ("vllm/", "names a provider but no model"),
    ])
    func saysWhatIsMissing(name: String, words: String) {
        #expect { try LLM.client(model: name, environment: [:]) } throws: { "\($0)".contains(words) }
    }

    @Test func streamsAWholeAnswer() async throws {
        let server = try await ScriptedServer { connection, _ in connection.send(Wire.chunked(Chat.whole)) }
        let client = LLMClient(endpoint: try server.endpoint(), model: "m-1")
        let receiver = ChunkCollector()
        let completion = try await client.streamComplete([.user("Hi")]) { chunk in
            _ = receiver.receive([chunk], atMicroseconds: 0)
        }
        #expect(completion.content == Chat.text)
        #expect(completion.finishReason == .stop)
        #expect(receiver.text == Chat.text)
        #expect(server.requests.first?.body.contains(#""model":"m-1""#) == true)
        #expect(server.requests.first?.body.contains(#""stream":true"#) == true)
        await server.stop()
    }

    @Test func throwsWhyAnAnswerIsNotWhole() async throws {
        let server = try await ScriptedServer { connection, _ in connection.send(Wire.chunked(Chat.delta("Hel"))) }
        let client = LLMClient(endpoint: try server.endpoint(), model: "m-1")
        await #expect { try await client.streamComplete([.user("Hi")]) } throws: { error in
            (error as? LLMError)?.kind == .cut
        }
        var text = ""
        do {
            for try await chunk in client.stream([.user("Hi")]) where chunk.kind == .text { text += chunk.text }
            Issue.record("a cut stream ended as if it were whole")
        } catch {
            #expect(error.kind == .cut)
        }
        #expect(text == "Hel")
        await server.stop()
    }

    @Test func sendsTheRequestAgainWhenAKeptConnectionHadDied() async throws {
        let requests = Tally()
        let server = try await ScriptedServer { connection, _ in
            requests.add()
            // The second request finds a connection that is closed without an answer.
            if requests.count == 2 { connection.close() } else { connection.send(Wire.chunked(Chat.whole)) }
        }
        let client = LLMClient(endpoint: try server.endpoint(), model: "m-1")
        for _ in 0..<2 {
            let completion = try await client.streamComplete([.user("Hi")])
            #expect(completion.content == Chat.text)
        }
        #expect(requests.count == 3)
        await server.stop()
    }

    @Test func readsTheChunksAsASequence() async throws {
        let server = try await ScriptedServer { connection, _ in connection.send(Wire.chunked(Chat.whole)) }
        let client = LLMClient(endpoint: try server.endpoint(), model: "m-1")
        var accumulator = StreamingAccumulator(dialect: .openAIChat)
        for try await chunk in client.stream([.user("Hi")]) { accumulator.add(chunk) }
        #expect(accumulator.content == Chat.text)
        #expect(accumulator.usage?.totalTokens == 5)
        await server.stop()
    }

    @Test func makesTheServerWaitForASlowReader() async throws {
        let count = 20_000
        let event = Wire.chunk(Chat.delta(String(repeating: "x", count: 1000)))
        let written = Tally()
        let server = try await ScriptedServer { connection, _ in
            connection.send(Wire.chunkedHead)
            for _ in 0..<count {
                connection.channel.writeAndFlush(ByteBuffer(string: event)).whenSuccess { written.add() }
            }
            connection.send(Wire.chunk(Chat.finish() + Chat.done) + Wire.lastChunk)
        }
        let client = LLMClient(endpoint: try server.endpoint(), model: "m-1")
        var chunks = client.stream([.user("Hi")]).makeAsyncIterator()
        var length = 0
        // The buffer is full after this many; the server can have sent little more than the socket buffers hold.
        for _ in 0..<1000 { length += try await chunks.next()?.text.utf8.count ?? 0 }
        #expect(written.count < count)
        while let chunk = try await chunks.next() {
            if chunk.kind == .text { length += chunk.text.utf8.count }
        }
        #expect(length >= count * 1000)
        #expect(written.count == count)
        await server.stop()
    }

    @Test func closesTheConnectionWhenTheLoopIsLeft() async throws {
        let server = try await ScriptedServer { connection, _ in
            connection.send(Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")))
        }
        let client = LLMClient(endpoint: try server.endpoint(), model: "m-1")
        for try await chunk in client.stream([.user("Hi")]) where chunk.kind == .text { break }
        await server.closed.reach(1)
        await server.stop()
    }

    @Test func closesTheConnectionWhenTheReadingTaskIsCancelled() async throws {
        let server = try await ScriptedServer { connection, _ in
            connection.send(Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")))
        }
        let client = LLMClient(endpoint: try server.endpoint(), model: "m-1")
        let isReading = Tally()
        let task = Task {
            for try await chunk in client.stream([.user("Hi")]) where chunk.kind == .text { isReading.add() }
        }
        await isReading.reach(1)
        task.cancel()
        await #expect { try await task.value } throws: { ($0 as? LLMError)?.kind == .cancelled }
        await server.closed.reach(1)
        await server.stop()
    }
}
