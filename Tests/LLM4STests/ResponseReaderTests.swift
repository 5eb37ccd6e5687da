import LLMStreaming
import NIOEmbedded
import Testing

@testable import LLM4S

/// Answers in each of HTTP's frames, wherever reads cut them.
@Suite struct ResponseReaderTests {
    private static let events = Chat.whole.split(separator: "\n\n").map { Wire.chunk($0 + "\n\n") }.joined()

    @Test(arguments: [
        Wire.chunkedHead + events + Wire.lastChunk,
        "HTTP/1.1 100 Continue\r\n\r\n" + Wire.chunkedHead + events + Wire.lastChunk,
        "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + Wire.chunkedHead + events + Wire.lastChunk,
        Wire.head("200 OK", "Transfer-Encoding: Chunked\r\n") + events + "0;a=b\r\nx-sum: 17\r\n\r\n",
        // These are NIO's.
        Wire.head("200 OK", "transfer-encoding: identity, chunked\r\n") + events + Wire.lastChunk,
        Wire.counted(Chat.whole),
        "HTTP/1.1 100 Continue\r\n\r\n" + Wire.counted(Chat.whole),
        Wire.head("200 OK", "connection: close\r\n") + Chat.whole,
        "HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + Chat.whole,
    ])
    func readsAnAnswerWhereverReadsCut(answer: String) throws {
        let bytes = Array(answer.utf8)
        for cut in 0..<bytes.count {
            let result = try EmbeddedExchange.run { exchange in
                if cut > 0 { try exchange.receive(bytes[..<cut]) }
                try exchange.receive(bytes[cut...])
                exchange.close()
            }
            try #require(result.completion?.content == Chat.text, "cut at \(cut): \(result)")
            try #require(result.completion?.usage?.totalTokens == 5)
        }
        let result = try EmbeddedExchange.run { exchange in
            for byte in bytes { try exchange.receive([byte]) }
            exchange.close()
        }
        #expect(result.completion?.content == Chat.text)
    }

    /// What follows an answer in its last read is nobody's, and ends the connection.
    @Test(arguments: [Wire.chunked(Chat.whole), Wire.counted(Chat.whole)], ["x", Wire.counted("surprise")])
    func closesAConnectionWithMoreThanItsAnswer(answer: String, surprise: String) throws {
        let result = try EmbeddedExchange.run { exchange in
            try exchange.receive(answer + surprise)
            #expect(!exchange.channel.isActive)
        }
        #expect(result.completion?.content == Chat.text)
    }

    /// Two frames at once are how requests are smuggled (RFC 9112, section 6.3): neither is taken.
    @Test func refusesAChunkedBodyWithALength() throws {
        let result = try EmbeddedExchange.run { exchange in
            try exchange.receive(
                Wire.head("200 OK", "content-length: 5\r\ntransfer-encoding: chunked\r\n") + Wire.chunk(Chat.whole))
            #expect(!exchange.channel.isActive)
        }
        #expect(result.error?.kind == .decode)
    }

    @Test(arguments: ["204 No Content", "304 Not Modified"])
    func expectsNoBodyWhereThereIsNone(status: String) throws {
        let result = try EmbeddedExchange.run { exchange in
            try exchange.receive(Wire.head(status, "transfer-encoding: chunked\r\n"))
            #expect(exchange.channel.isActive)
        }
        #expect(result.error != nil)
    }

    /// What came before the frame broke counts, and the connection is not used again.
    @Test(arguments: ["zz\r\n", "5\r\nhello!", "\n"])
    func keepsWhatCameBeforeABrokenFrame(rest: String) throws {
        let result = try EmbeddedExchange.run { exchange in
            try exchange.receive(Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")) + rest)
            #expect(!exchange.channel.isActive)
        }
        #expect(result.error?.kind == .decode)
        #expect(result.partial.text == "Hel")
    }
}
