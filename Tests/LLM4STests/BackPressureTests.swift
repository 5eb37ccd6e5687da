import LLMStreaming
import NIOCore
import Testing

@testable import LLM4S

@Suite struct BackPressureTests {
    @Test(arguments: [HTTPVersions.http1, .http2])
    func stopsReadingUntilThereIsRoomAndLosesNothing(version: HTTPVersions) async throws {
        // More than the socket buffers of both sides hold.
        let event = Wire.chunk(Chat.delta(String(repeating: "x", count: 16_000)))
        let count = 2000
        let blocked = Tally()
        let written = Tally()
        try await withServer(
            by: [version],
            script: { connection, _ in
                connection.send(Wire.chunkedHead)
                for _ in 0..<count {
                    connection.channel.writeAndFlush(ByteBuffer(string: event)).whenSuccess { written.add() }
                }
                connection.send(Wire.chunk(Chat.finish() + Chat.usage + Chat.done) + Wire.lastChunk)
                if !connection.channel.isWritable { blocked.add() }
            }
        ) { transport, server in
            let receiver = ChunkCollector(isFull: true)
            let endpoint = try server.endpoint()
            let task = Task { await transport.stream(.test, to: endpoint, receiver: receiver) }
            await blocked.reach(1)
            await receiver.calls.reach(1)
            // One more read for each time that there is room.
            let first = receiver.calls.count
            receiver.makeRoomOnce()
            await receiver.calls.reach(first + 1)
            #expect(written.count < count)
            receiver.makeRoom()
            let result = await task.value
            #expect(result.completion?.content.utf8.count == count * 16_000)
            #expect(receiver.text.utf8.count == count * 16_000)
            #expect(result.usage?.completionTokens == 2)
            #expect(written.count == count)
        }
    }

    @Test func handsOnWhatCameBeforeTheConnectionEnded() async throws {
        try await withServer(script: { connection, _ in
            connection.send(Wire.chunkedHead + Wire.chunk(Chat.delta("a")))
        }) { transport, server in
            let receiver = ChunkCollector(isFull: true)
            let endpoint = try server.endpoint()
            let task = Task { await transport.stream(.test, to: endpoint, receiver: receiver) }
            await receiver.calls.reach(1)
            // NIO reads to the end when the other side closes, room or not.
            await server.sendToAll(Wire.chunk(Chat.delta("b") + Chat.finish() + Chat.done) + Wire.lastChunk)
            await server.closeAll()
            while transport.statistics.connectionsOpen > 0 { await Task.yield() }
            #expect(receiver.text == "a")
            receiver.makeRoom()
            let result = await task.value
            #expect(result.completion?.content == "ab")
            #expect(receiver.text == "ab")
        }
    }

    @Test func cancelsWhileThereIsNoRoom() async throws {
        try await withServer(script: { connection, _ in
            connection.send(Wire.chunkedHead + Wire.chunk(Chat.delta("a")))
        }) { transport, server in
            let receiver = ChunkCollector(isFull: true)
            let endpoint = try server.endpoint()
            let task = Task { await transport.stream(.test, to: endpoint, receiver: receiver) }
            await receiver.calls.reach(1)
            task.cancel()
            let result = await task.value
            #expect(result.error?.kind == .cancelled)
            #expect(result.partial.text == "a")
            await server.closed.reach(1)
            // Room that comes too late is no harm.
            receiver.makeRoom()
        }
    }
}
