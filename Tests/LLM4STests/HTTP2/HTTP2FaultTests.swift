import LLMStreaming
import NIOCore
import Testing

@testable import LLM4S

/// Servers that break the rules: of a stream, which ends alone, or of the connection, which ends with all of them.
@Suite struct HTTP2FaultTests {
    private static let badHeads: [[WireFrame]] = [
        [.head(1, [("content-length", "5")]), .data(Chat.delta("a"), end: true)],
        [.head(1, [("content-length", "5")], end: true)],
        [.head(1, [("content-length", "-5")])],
        [.head(1, [("content-length", "five")])],
        [.head(1, [("content-length", "5"), ("content-length", "6")])],
        [.headers([("content-type", "text/event-stream")])],
        [.headers([(":status", "200"), (":status", "200")])],
        [.headers([("x-a", "b"), (":status", "200")])],
        [.headers([(":status", "200"), (":path", "/")])],
        [.headers([(":status", "200"), ("X-Upper", "a")])],
        [.headers([(":status", "200"), ("connection", "close")])],
        [.headers([(":status", "abc")])],
        [.head(), .headers([("x-trailer", "1")])],
        [.head(), .headers([(":status", "200")], end: true)],
    ]

    @Test(arguments: badHeads, [false, true])
    func aFaultOfOneStreamEndsThatOne(frames: [WireFrame], isWritable: Bool) throws {
        try EmbeddedHTTP2.run { connection in
            let (bad, good) = (connection.begin(), connection.begin())
            connection.receive([.head(3), .data(Chat.delta("Hello,"), 3)])
            if !isWritable { connection.setWritable(false) }
            connection.receive(frames)
            if !isWritable { connection.setWritable(true) }
            connection.runLoop()
            #expect(bad.error?.kind == .decode, "\(bad.ends)")
            #expect(bad.error?.suspicion == nil, "the server answers others")
            #expect(!bad.isUnprocessed)
            connection.receive([.data(Chat.delta(" w\u{F6}rld") + Chat.finish() + Chat.done, 3, end: true)])
            #expect(good.text == Chat.text, "\(good.ends)")
            #expect(connection.isActive)
            let next = connection.begin()
            connection.receive(WireFrame.answer(5))
            #expect(next.text == Chat.text)
        }
    }

    @Test func aBodyWithoutAHeadEndsItsStream() throws {
        try EmbeddedHTTP2.run { connection in
            let (bad, good) = (connection.begin(), connection.begin())
            connection.receive([.data(Chat.whole, end: true)] + WireFrame.answer(3))
            #expect(bad.error?.kind == .decode)
            #expect(good.text == Chat.text)
        }
    }

    @Test func aFaultBehindAResultIsNobodys() throws {
        try EmbeddedHTTP2.run { connection in
            let (bad, good) = (connection.begin(), connection.begin())
            connection.receive([.head(1, [("content-length", "9999")]), .data(Chat.whole, 1)])
            #expect(bad.text == Chat.text)
            connection.receive([.data("", 1, end: true)] + WireFrame.answer(3))
            #expect(good.text == Chat.text)
            #expect(connection.isActive)
        }
    }

    /// Frames that no connection outlives.
    struct Fault: CustomStringConvertible {
        let description: String
        var frames: [WireFrame]

        init(_ description: String, _ frames: [WireFrame]) { (self.description, self.frames) = (description, frames) }

        /// The last of the frames again and again.
        init(_ description: String, flood frames: [WireFrame], of count: Int = 100_000) {
            self.init(description, frames.dropLast() + Array(repeating: frames[frames.count - 1], count: count))
        }
    }

    private static let faults: [Fault] = [
        Fault("pings", flood: [.ping()]), Fault("settings", flood: [.settings()]),
        Fault("priorities", flood: [WireFrame(.priority, on: 1, [0, 0, 0, 0, 1])]),
        Fault("continuations", flood: [WireFrame(.headers, on: 1, [0]), WireFrame(.continuation, on: 1)]),
        Fault(
            "a long head",
            flood: [
                WireFrame(.headers, on: 1, [0, 1, 97, 127, 0xFF, 0xFF, 0x7F]),
                WireFrame(.continuation, on: 1, Array(repeating: 97, count: 16_000)),
            ], of: 100),
        // A field of 4,000 bytes, and its number again and again.
        Fault(
            "a head that grows",
            [
                WireFrame(
                    .headers, flags: 4, on: 1,
                    [0x40, 1, 97, 127, 0xA1, 0x1E] + Array(repeating: 98, count: 4_000)
                        + Array(repeating: 0xBE, count: 12_000))
            ]),
        Fault(
            "a push",
            [
                WireFrame(.settings, flags: 1),
                WireFrame(
                    .pushPromise, flags: 4, on: 1,
                    [0, 0, 0, 2]
                        + WireFrame.block([
                            (":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/"),
                        ])),
            ]),
        Fault("data of a stream to come", [.data(Chat.whole, 99)]), Fault("data of no stream", [.data(Chat.whole, 0)]),
        Fault("a head of the server's own", [.head(2)]), Fault("a short ping", [WireFrame(.ping, [1])]),
        Fault("a window too large", [.settings([(4, 0xFFFF_FFFF)])]), Fault("no push nor none", [.settings([(2, 7)])]),
        Fault("frames too short", [.settings([(5, 1)])]), Fault("no window more", [.window(0, 0)]),
        Fault("too much window", [.window(0, 0x7FFF_FFFF)]),
        Fault("a field that is none", [WireFrame(.headers, flags: 4, on: 1, [0x80])]),
        Fault("a leave that is taken back", [.goAway(3), .goAway(5)]),
        Fault("more padding than frame", [WireFrame(.data, flags: 8, on: 1, [200, 1])]),
        Fault("a frame too long", [WireFrame(.data, on: 1, Array(repeating: 97, count: 20_000))]),
        Fault("a continuation of nothing", [WireFrame(.continuation, flags: 4, on: 1)]),
    ]

    /// Those that have done nothing against the rules are sent again.
    @Test(arguments: faults)
    func aFaultOfTheConnectionEndsAllAsCut(fault: Fault) throws {
        try EmbeddedHTTP2.run { connection in
            let calls = (0..<3).map { _ in connection.begin() }
            connection.receive([.head(1), .data(Chat.delta("a"), 1), .head(3)])
            _ = connection.sent()
            connection.receive(fault.frames)
            #expect(!connection.isActive)
            #expect(calls.map { $0.error?.kind } == [.cut, .cut, .connect], "\(calls.map { $0.error?.message })")
            #expect(calls[0].receiver.text == "a")
            #expect(connection.sent().count < 5_000, "what is answered is bounded")
        }
    }

    /// Gateways send them to flush; a stream that gets nothing else ends by its clock.
    @Test(arguments: [nil, 9]) func framesWithoutDataHarmNobody(padding: Int?) throws {
        try EmbeddedHTTP2.run { connection in
            let empty = connection.begin()
            connection.receive([.head(1), .data(Chat.delta("a"), 1)])
            for _ in 0..<12 {
                connection.receive(Array(repeating: .data("", 1, padding: padding), count: 500))
                connection.advance(.seconds(51))
            }
            #expect(empty.error?.kind == .timeoutIdle && empty.receiver.text == "a")
            let good = connection.begin()
            connection.receive(WireFrame.answer(3))
            #expect(good.text == Chat.text && connection.isActive)
        }
    }

    @Test func aFloodOfResetsEndsNothing() throws {
        try EmbeddedHTTP2.run { connection in
            let good = connection.begin()
            for index in 1...2_000 {
                let call = connection.begin()
                connection.receive([.reset(2 * index + 1, 7)])
                #expect(call.isUnprocessed)
            }
            connection.receive(WireFrame.answer(1))
            #expect(good.text == Chat.text)
        }
    }

    /// Whoever asks and reads no answers.
    @Test func aServerThatReadsNothingIsNotKeptForever() throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin()
            connection.setWritable(false)
            connection.receive(Array(repeating: .settings(), count: 100_000))
            #expect(call.error?.kind == .connect)
            #expect(!connection.isActive)
        }
    }
}
