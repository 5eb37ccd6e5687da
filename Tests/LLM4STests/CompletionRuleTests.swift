import LLMStreaming
import NIOHTTP1
import Testing

@testable import LLM4S

/// When an answer is complete (Contract, "When an answer is complete"), against real sockets.
@Suite struct CompletionRuleTests {
    private enum End: CaseIterable { case close, reset }

    @Test func callsACloseBeforeAnyByteAConnectError() async throws {
        try await withServer(script: { connection, _ in connection.close() }) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(result.error?.kind == .connect)
            #expect(!result.isStaleConnection)
            #expect(result.firstByteMicroseconds == nil)
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\ncontent-ty", Wire.chunkedHead, Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")),
    ])
    func callsACloseAfterTheFirstByteACut(beginning: String) async throws {
        // A head that is cut is no head of HTTP/2.
        let versions: [HTTPVersions] = beginning.hasSuffix("\r\n") ? [.http1, .http2] : [.http1]
        try await withServer(
            by: versions,
            script: { connection, _ in
                connection.send(beginning)
                connection.close()
            }
        ) { transport, server in
            let receiver = ChunkCollector()
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: receiver)
            #expect(result.error?.kind == .cut)
            #expect(result.firstByteMicroseconds != nil)
            #expect(result.partial.text == receiver.text)
        }
    }

    @Test func keepsThePartialTextOfAResetStream() async throws {
        let receiver = ChunkCollector()
        try await withServer(script: { connection, _ in
            connection.send(Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")))
            // A reset throws away what the other side has not read yet.
            Task {
                await receiver.calls.reach(1)
                connection.reset()
            }
        }) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: receiver)
            #expect(result.error?.kind == .cut)
            #expect(result.partial.text == "Hel")
            #expect(result.responseID == "chat-1")
        }
    }

    @Test(arguments: [Chat.delta("Hel"), Chat.delta("Hel") + Chat.done, ""])
    func callsAnOrderlyEndWithoutAFinishReasonACut(body: String) async throws {
        try await withServer(script: { connection, _ in connection.send(Wire.counted(body)) }) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(result.error?.kind == .cut)
            #expect(result.partial.text == (body.isEmpty ? "" : "Hel"))
        }
    }

    @Test func takesDoneWithoutAFinishReasonForTheEndWhereItIsKnownToBe() async throws {
        let body = Chat.delta("Hel") + Chat.done
        try await withServer(script: { connection, _ in connection.send(Wire.counted(body)) }) { transport, server in
            let first = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(first.error?.code == LLMError.withoutFinishReasonCode)
            var request = ProviderRequest.test
            request.acceptsMissingFinishReason = true
            let second = await transport.stream(request, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(second.completion?.content == "Hel")
            #expect(second.completion?.finishReason == .unknown)
            #expect(server.requests.allSatisfy { $0.head.headers["accept-encoding"] == ["identity"] })
        }
    }

    @Test(arguments: ["", Chat.finish()])
    func takesAnErrorInTheStreamForTheEnd(before: String) async throws {
        let body = Chat.delta("Hel") + before + Chat.error + Chat.done
        try await withServer(script: { connection, _ in connection.send(Wire.chunked(body)) }) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(result.error?.kind == .server)
            #expect(result.error?.message == "the engine died")
            #expect(result.partial.text == "Hel")
            #expect(result.httpStatus == 200)
            #expect(result.requestID == "req-7")
        }
    }

    @Test(arguments: [false, true])
    func keepsAnAnswerWholeThatBreaksAfterItsFinishReason(isReset: Bool) async throws {
        let receiver = ChunkCollector()
        try await withServer(script: { connection, _ in
            connection.send(Wire.chunkedHead + Wire.chunk(Chat.delta("Hello") + Chat.finish()))
            Task {
                await receiver.calls.reach(1)
                if isReset { connection.reset() } else { connection.close() }
            }
        }) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: receiver)
            #expect(result.completion?.content == "Hello")
        }
    }

    @Test func deliversTheResultWithoutWaitingForABodyLeftOpen() async throws {
        try await withServer(script: { connection, _ in
            // The test would not end if the end of the body were waited for: it never comes.
            connection.send(Wire.chunkedHead + Wire.chunk(Chat.whole))
        }) { transport, server in
            let result = await transport.stream(.test, to: try server.endpoint(), receiver: ChunkCollector())
            #expect(result.completion?.content == Chat.text)
            // The connection is given up, since it will not be free.
            await server.closed.reach(1)
        }
    }
}
