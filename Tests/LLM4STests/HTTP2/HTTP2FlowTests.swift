import LLMStreaming
import NIOCore
import Testing

@testable import LLM4S

/// What is sent when, both ways: windows, pauses, and what is kept meanwhile.
@Suite struct HTTP2FlowTests {
    /// An event of about 16 KB, less than a frame may have.
    private static let large = Chat.delta(String(repeating: "x", count: 16_000))

    private var patient: StreamTimeouts {
        var timeouts = StreamTimeouts()
        (timeouts.firstToken, timeouts.idle, timeouts.stall) = (.seconds(10_000), .seconds(10_000), .seconds(10_000))
        return timeouts
    }

    @Test func opensTheWindowOfTheConnectionAtOnce() throws {
        try EmbeddedHTTP2.run(settings: nil) { connection in
            connection.receive([.settings()])
            let windows = connection.sent(.windowUpdate)
            #expect(windows.map(\.stream) == [0])
            #expect(windows.first?.number == HTTP2Connection.window - 65_535)
        }
    }

    @Test func letsAStreamGoOnThatIsRead() throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin()
            _ = connection.sent()
            connection.receive([.head()])
            var room = 65_535
            for _ in 0..<600 {
                connection.receive([.data(Self.large)])
                room -= Self.large.utf8.count
                #expect(room >= 0)
                for frame in connection.sent(.windowUpdate) where frame.stream == 1 { room += frame.number }
            }
            connection.receive([.data(Chat.finish() + Chat.done, end: true)])
            #expect(call.text?.utf8.count == 600 * 16_000)
        }
    }

    @Test func aPausedStreamKeepsItsWindowAndStopsNoOther() throws {
        try EmbeddedHTTP2.run { connection in
            let slow = ChunkCollector(isFull: true)
            let (paused, other) = (connection.begin(receiver: slow), connection.begin(timeouts: patient))
            _ = connection.sent()
            connection.receive([.head(1), .head(3), .data(Self.large, 1)])
            for _ in 0..<3 { connection.receive([.data(Self.large, 1)]) }
            #expect(slow.calls.count == 1)
            #expect(connection.sent(.windowUpdate).isEmpty)
            connection.receive((0..<20).flatMap { _ in [WireFrame.data(Chat.delta("b"), 3)] })
            #expect(other.receiver.text.utf8.count == 20)
            for _ in 0..<100 {
                connection.advance(.minutes(1))
                connection.receive([.ping(isAnswer: true)])
            }
            #expect(paused.ends.isEmpty, "its clocks stand still")
            slow.makeRoom()
            connection.runLoop()
            #expect(slow.text.utf8.count == 4 * 16_000)
            #expect(connection.sent(.windowUpdate).map(\.stream) == [1])
            connection.receive([.data(Chat.finish() + Chat.done, 1, end: true)])
            #expect(paused.text?.utf8.count == 4 * 16_000)
        }
    }

    @Test func theConnectionGoesOnWhateverIsPaused() throws {
        try EmbeddedHTTP2.run(settings: .settings(streams: 1_000)) { connection in
            let slow = (0..<200).map { _ in ChunkCollector(isFull: true) }
            for receiver in slow { connection.begin(receiver: receiver) }
            _ = connection.sent()
            var room = HTTP2Connection.window
            for id in slow.indices.map({ 2 * $0 + 1 }) {
                connection.receive([.head(id), .data(Self.large, id)])
                connection.receive((0..<3).map { _ in .data(Self.large, id) })
                room -= 4 * Self.large.utf8.count
                let windows = connection.sent(.windowUpdate)
                #expect(windows.allSatisfy { $0.stream == 0 })
                room += windows.reduce(0) { $0 + $1.number }
                #expect(room > HTTP2Connection.window / 4)
            }
            connection.close()
            for receiver in slow { receiver.makeRoom() }
            connection.runLoop()
            #expect(slow.allSatisfy { $0.text.utf8.count == 4 * 16_000 }, "what came before the loss is handed on")
        }
    }

    @Test func endsAPausedStreamWithAllThatCame() throws {
        try EmbeddedHTTP2.run { connection in
            let slow = ChunkCollector(isFull: true)
            let call = connection.begin(receiver: slow)
            connection.receive([.head(), .data(Chat.delta("Hello,"))])
            connection.receive([.data(Chat.delta(" w\u{F6}rld") + Chat.finish() + Chat.usage + Chat.done, end: true)])
            #expect(connection.told.freed == 1, "its place is free")
            slow.makeRoom()
            connection.runLoop()
            #expect(call.text == Chat.text)
            #expect(slow.text == Chat.text)
        }
    }

    @Test func cancelsAPausedStream() throws {
        try EmbeddedHTTP2.run { connection in
            let slow = ChunkCollector(isFull: true)
            let call = connection.begin(receiver: slow)
            connection.receive([.head(), .data(Chat.delta("a")), .data(Chat.delta("b"))])
            connection.cancel(call)
            #expect(call.error?.kind == .cancelled)
            #expect(connection.sent(.reset).map(\.number) == [8])
            slow.makeRoom()
            connection.runLoop()
        }
    }

    @Test func endsAStreamThatSendsMoreThanItsWindow() throws {
        try EmbeddedHTTP2.run { connection in
            let slow = ChunkCollector(isFull: true)
            let (paused, other) = (connection.begin(receiver: slow), connection.begin())
            connection.receive([.head(1), .head(3), .data(Self.large, 1)])
            connection.receive((0..<5).map { _ in .data(Self.large, 1) })
            slow.makeRoom()
            connection.runLoop()
            #expect(paused.error?.kind == .decode)
            connection.receive([.data(Chat.whole, 3, end: true)])
            #expect(other.text == Chat.text)
        }
    }
}
