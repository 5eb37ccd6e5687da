import LLMStreaming
import NIOCore
import NIOEmbedded
import Testing

@testable import LLM4S

/// Clocks and ends of an exchange, without sockets and without waiting.
@Suite struct ConnectionHandlerTests {
    private var timeouts: StreamTimeouts {
        var timeouts = StreamTimeouts()
        timeouts.firstToken = .seconds(100)
        timeouts.idle = .seconds(30)
        return timeouts
    }

    @Test func endsAStreamWithoutContent() throws {
        let result = try EmbeddedExchange.run(timeouts: timeouts) { exchange in
            try exchange.receive(Wire.chunkedHead)
            for _ in 0..<9 {
                exchange.loop.advanceTime(by: .seconds(11))
                try exchange.receive(Wire.chunk(": keep-alive\n\n"))
            }
            #expect(exchange.channel.isActive)
            exchange.loop.advanceTime(by: .seconds(1))
        }
        #expect(result.error?.kind == .timeoutFirstToken)
        #expect(result.error?.message == "no content from lab.example:8000 for 100 s")
        #expect(result.durationMicroseconds == 100_000_000)
        #expect(result.firstByteMicroseconds == 0)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 9\r\n\r\n", false),
        ("HTTP/1.1 500 Broken\r\ncontent-length: 9\r\n\r\n", false),
        ("HTTP/1.1 307 There\r\nlocation: /v2\r\ncontent-length: 9\r\n\r\n", true),
    ])
    func letsTheRequestGoOnceItIsNeededNoMore(head: String, isNeeded: Bool) throws {
        var isNeededBehindHead: Bool?
        // A redirect has no result.
        _ = try? EmbeddedExchange.run(timeouts: timeouts) { exchange in
            #expect(exchange.isRequestNeeded)
            try exchange.receive(head)
            isNeededBehindHead = exchange.isRequestNeeded
            exchange.close()
        }
        #expect(isNeededBehindHead == isNeeded)
    }

    @Test func endsASilentStream() throws {
        let result = try EmbeddedExchange.run(timeouts: timeouts) { exchange in
            exchange.loop.advanceTime(by: .seconds(99))
            try exchange.receive(Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")))
            exchange.loop.advanceTime(by: .seconds(29))
            try exchange.receive(Wire.chunk(": ping\n\n"))
            exchange.loop.advanceTime(by: .seconds(29))
            try exchange.receive(Wire.chunk(Chat.delta("lo")))
            exchange.loop.advanceTime(by: .seconds(30))
        }
        #expect(result.error?.kind == .timeoutIdle)
        #expect(result.error?.message == "no byte from lab.example:8000 for 30 s")
        #expect(result.partial.text == "Hello")
        #expect(result.firstChunkMicroseconds == 99_000_000)
        var gaps = GapHistogram()
        gaps.add(microseconds: 58_000_000)
        #expect(result.gaps == gaps)
        #expect(result.durationMicroseconds == 187_000_000)
    }

    @Test func completesAnAnsweredStreamFiveSecondsLater() throws {
        let result = try EmbeddedExchange.run(timeouts: timeouts) { exchange in
            try exchange.receive(Wire.chunkedHead + Wire.chunk(Chat.delta("Hello") + Chat.finish()))
            exchange.loop.advanceTime(by: .seconds(4))
            try exchange.receive(Wire.chunk(Chat.usage))
            exchange.loop.advanceTime(by: .seconds(1))
        }
        #expect(result.completion?.content == "Hello")
        #expect(result.completion?.usage?.totalTokens == 5)
        #expect(result.durationMicroseconds == 5_000_000)
    }

    @Test func judgesARefusalAfterFiveSeconds() throws {
        let result = try EmbeddedExchange.run(timeouts: timeouts) { exchange in
            try exchange.receive(Wire.head("529 Overloaded", type: "text/plain", "content-length: 100\r\n") + "busy")
            exchange.loop.advanceTime(by: .seconds(5))
        }
        #expect(result.error?.kind == .overloaded)
        #expect(result.error?.message == "busy")
    }

    @Test func closesAConnectionWhoseBodyDoesNotEndWithinASecond() throws {
        _ = try EmbeddedExchange.run { exchange in
            try exchange.receive(Wire.chunkedHead + Wire.chunk(Chat.whole))
            exchange.loop.advanceTime(by: .milliseconds(999))
            #expect(exchange.channel.isActive)
            exchange.loop.advanceTime(by: .milliseconds(1))
            #expect(!exchange.channel.isActive)
        }
    }

    @Test func keepsAConnectionWhoseBodyEndsForItsLifetime() throws {
        _ = try EmbeddedExchange.run { exchange in
            try exchange.receive(Wire.chunkedHead + Wire.chunk(Chat.whole))
            exchange.loop.advanceTime(by: .milliseconds(500))
            try exchange.receive(Wire.lastChunk)
            exchange.loop.advanceTime(by: .seconds(29))
            #expect(exchange.channel.isActive)
            exchange.loop.advanceTime(by: .seconds(1))
            #expect(!exchange.channel.isActive)
        }
    }

    @Test func closesAConnectionThatSpeaksUnasked() throws {
        _ = try EmbeddedExchange.run { exchange in
            try exchange.receive(Wire.chunked(Chat.whole))
            try exchange.receive(Wire.counted("surprise"))
            #expect(!exchange.channel.isActive)
        }
    }

    @Test func runsNoClockWhileThereIsNoRoom() throws {
        let receiver = ChunkCollector(isFull: true)
        let result = try EmbeddedExchange.run(timeouts: timeouts, receiver: receiver) { exchange in
            try exchange.receive(Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")))
            exchange.loop.advanceTime(by: .hours(10))
            #expect(exchange.channel.isActive)
            receiver.makeRoom()
            exchange.loop.run()
            exchange.loop.advanceTime(by: .seconds(29))
            #expect(exchange.channel.isActive)
            exchange.loop.advanceTime(by: .seconds(1))
        }
        #expect(result.error?.kind == .timeoutIdle)
        #expect(result.partial.text == "Hel")
    }

    @Test func holdsTheNextReadBackUntilThereIsRoom() throws {
        let receiver = ChunkCollector(isFull: true)
        _ = try EmbeddedExchange.run(receiver: receiver) { exchange in
            try exchange.receive(Wire.chunkedHead + Wire.chunk(Chat.delta("a")))
            let before = exchange.readCount
            // What a channel does after each read.
            exchange.channel.read()
            exchange.channel.read()
            #expect(exchange.readCount == before)
            receiver.makeRoomOnce()
            exchange.loop.run()
            #expect(exchange.readCount == before + 1)
            // Full again by the next read.
            try exchange.receive(Wire.chunk(Chat.delta("b")))
            exchange.channel.read()
            #expect(exchange.readCount == before + 1)
            receiver.makeRoom()
            exchange.loop.run()
            #expect(exchange.readCount == before + 2)
            try exchange.receive(Wire.chunk(Chat.finish() + Chat.done) + Wire.lastChunk)
        }
        #expect(receiver.text == "ab")
    }

    @Test func handsOnEachReadInOneCall() throws {
        let receiver = ChunkCollector()
        _ = try EmbeddedExchange.run(receiver: receiver) { exchange in
            try exchange.receive(Wire.chunkedHead + Wire.chunk(Chat.delta("a")) + Wire.chunk(Chat.delta("b")))
            #expect(receiver.calls.count == 1)
            try exchange.receive(Wire.chunk(": ping\n\n"))
            #expect(receiver.calls.count == 1)
            exchange.loop.advanceTime(by: .milliseconds(3))
            try exchange.receive(Wire.chunk(Chat.delta("c") + Chat.finish() + Chat.done) + Wire.lastChunk)
            #expect(receiver.calls.count == 2)
        }
        #expect(receiver.text == "abc")
        #expect(receiver.times == [0, 3000])
    }

    @Test(arguments: [
        (Wire.chunkedHead + Wire.chunk(Chat.delta("Hel")) + "nonsense\r\n", ErrorKind.decode),
        (Wire.chunkedHead + Wire.chunk("data: {nonsense}\n\n"), .decode),
        (Wire.chunkedHead + Wire.chunk("data: " + String(repeating: "x", count: 9 << 20)), .oversizedEvent),
    ])
    func closesAConnectionThatSendsNonsense(bytes: String, kind: ErrorKind) throws {
        let result = try EmbeddedExchange.run { exchange in
            try exchange.receive(bytes)
            #expect(!exchange.channel.isActive)
        }
        #expect(result.error?.kind == kind)
    }

    /// The heart of the contract: wherever a stream breaks, it is complete if and only if it was answered.
    @Test(arguments: [Dialect.openAIChat, .anthropicMessages], [false, true])
    func neverCompletesATranscriptThatWasCutBeforeItsAnswer(dialect: Dialect, isChunked: Bool) throws {
        let body = dialect == .openAIChat ? Chat.whole : Messages.whole
        // Each event is a chunk of its own.
        let chunks = body.split(separator: "\n\n").map { Wire.chunk($0 + "\n\n") }.joined()
        let head = isChunked ? Wire.chunkedHead : Wire.head("200 OK", "content-length: \(body.utf8.count)\r\n")
        let bytes = Array((head + (isChunked ? chunks + Wire.lastChunk : body)).utf8)
        let answer = dialect == .openAIChat ? Chat.finish() : #"{"type":"message_stop"}"#
        var completed = 0
        for length in 0...bytes.count {
            let result = try EmbeddedExchange.run(dialect: dialect) { exchange in
                try exchange.receive(bytes[..<length])
                exchange.close()
            }
            let sent = String(decoding: bytes[..<length], as: UTF8.self)
            // A last event is whole with its last brace.
            let mark = answer.trimmingSuffix { $0 == "\n" }
            if sent.contains(mark) {
                #expect(result.completion?.content == Chat.text, "cut at byte \(length)")
                completed += 1
            } else {
                let kind = try #require(result.error?.kind, "cut at byte \(length)")
                #expect(kind == (length == 0 ? .connect : .cut), "cut at byte \(length)")
                #expect(Chat.text.hasPrefix(result.partial.text))
            }
        }
        #expect(completed > 0 && completed < bytes.count)
    }

    @Test(arguments: [1, 2, 3, 7, 64])
    func doesNotCareHowATranscriptIsCutIntoReads(size: Int) throws {
        let bytes = Array(Wire.chunked(Chat.whole).utf8)
        let receiver = ChunkCollector()
        let result = try EmbeddedExchange.run(receiver: receiver) { exchange in
            for start in stride(from: 0, to: bytes.count, by: size) {
                try exchange.receive(bytes[start..<min(start + size, bytes.count)])
            }
        }
        #expect(result.completion?.content == Chat.text)
        #expect(receiver.text == Chat.text)
        #expect(result.completion?.usage?.totalTokens == 5)
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var text = Substring(self)
        while let last = text.last, predicate(last) { text.removeLast() }
        return String(text)
    }
}
