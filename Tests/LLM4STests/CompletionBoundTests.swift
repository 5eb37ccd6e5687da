import LLMStreaming
import Testing

@testable import LLM4S

/// The bound of an answer is one of the whole, whatever part of it this stream brings.
@Suite struct CompletionBoundTests {
    @Test(arguments: [(0, true), (500, true), (1_000, false), (5_000, false)])
    func whatWasKeptCountsToo(kept: Int, isWhole: Bool) async throws {
        var configuration = TransportConfiguration.test
        configuration.limits.maximumCompletionBytes = 2_000
        try await withServer(
            configuration,
            script: { connection, _ in
                connection.send(Wire.chunkedHead)
                for _ in 0..<10 { connection.send(Wire.chunk(Chat.delta(String(repeating: "x", count: 110)))) }
                connection.send(Wire.chunk(Chat.finish() + Chat.done) + Wire.lastChunk)
            }
        ) { transport, server in
            var request = ProviderRequest.test
            request.keptByteCount = kept
            let result = await transport.stream(request, to: try server.endpoint(), receiver: ChunkCollector())
            #expect((result.completion != nil) == isWhole)
            if !isWhole {
                #expect(result.error?.kind == .oversizedCompletion)
                #expect(result.error?.message.contains("2000 bytes") ?? false, "\(String(describing: result.error))")
                #expect(result.partial.text.utf8.count <= max(0, 2_000 - kept) + 110)
            }
        }
    }
}
