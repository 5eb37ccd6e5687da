import LLMStreaming
import Testing

@testable import LLM4S

@Suite struct CancellationTests {
    @Test func closesTheSocketAndKeepsWhatCame() async throws {
        try await withServer(script: { connection, _ in
            connection.send(Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")))
        }) { transport, server in
            let receiver = ChunkCollector()
            let endpoint = try server.endpoint()
            let task = Task { await transport.stream(.test, to: endpoint, receiver: receiver) }
            await receiver.calls.reach(1)
            task.cancel()
            let result = await task.value
            #expect(result.error?.kind == .cancelled)
            #expect(result.partial.text == "Hel")
            #expect(result.httpStatus == 200)
            await server.closed.reach(1)
        }
    }

    @Test func sendsNothingForATaskThatWasCancelledBefore() async throws {
        try await withServer(script: { connection, _ in connection.send(Wire.chunked(Chat.whole)) }) {
            transport, server in
            let endpoint = try server.endpoint()
            let gate = Tally()
            let task = Task {
                await gate.reach(1)
                return await transport.stream(.test, to: endpoint, receiver: ChunkCollector())
            }
            task.cancel()
            gate.add()
            let result = await task.value
            #expect(result.error?.kind == .cancelled)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func cancelsWhileTheServerThinks() async throws {
        try await withServer(script: { _, _ in }) { transport, server in
            let endpoint = try server.endpoint()
            let task = Task { await transport.stream(.test, to: endpoint, receiver: ChunkCollector()) }
            await server.receive(1)
            task.cancel()
            let result = await task.value
            #expect(result.error?.kind == .cancelled)
            #expect(result.firstByteMicroseconds == nil)
            #expect(!result.isStaleConnection)
            await server.closed.reach(1)
        }
    }

    @Test func keepsAnAnswerThatIsWholeAlready() async throws {
        try await withServer(script: { connection, _ in
            connection.send(Wire.chunkedHead + Wire.chunk(Chat.delta("Hello") + Chat.finish()))
        }) { transport, server in
            let receiver = ChunkCollector()
            let endpoint = try server.endpoint()
            let task = Task { await transport.stream(.test, to: endpoint, receiver: receiver) }
            await receiver.calls.reach(1)
            task.cancel()
            #expect(await task.value.completion?.content == "Hello")
            await server.closed.reach(1)
        }
    }

    @Test func leavesNoSocketOpenAfterTwoHundredCancelledStreams() async throws {
        try await withServer(
            by: [.http1],
            script: { connection, _ in
                connection.send(Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")))
            }
        ) { transport, server in
            let endpoint = try server.endpoint()
            let receivers = (0..<200).map { _ in ChunkCollector() }
            let tasks = receivers.map { receiver in
                Task { await transport.stream(.test, to: endpoint, receiver: receiver) }
            }
            for receiver in receivers { await receiver.calls.reach(1) }
            // Both ends of a connection are ours, and the server listens.
            let opened = openSockets(port: server.port)
            #expect(opened == 401)
            for task in tasks { task.cancel() }
            for task in tasks { #expect(await task.value.error?.kind == .cancelled) }
            await server.closed.reach(200)
            while transport.statistics.connectionsOpen > 0 { await Task.yield() }
            let left = openSockets(port: server.port)
            #expect(left == 1)
        }
    }
}
