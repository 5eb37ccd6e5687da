import LLMStreaming
import NIOCore
import Testing

@testable import LLM4S

/// Answers in whatever frames they come.
@Suite struct HTTP2AnswerTests {
    private static let pieces = Chat.whole.split(separator: "\n\n").map { String($0) + "\n\n" }

    /// The same answer in several shapes.
    private static let shapes: [[WireFrame]] = [
        WireFrame.answer(),
        [.head()] + pieces.map { .data($0) } + [.data("", end: true)],
        [.head()] + pieces.map { .data($0, padding: 200) } + [.data("", end: true, padding: 0)],
        [.head(), .data(""), .data("", padding: 255)] + pieces.flatMap { [.data($0), .data("")] }
            + [.headers([("x-checksum", "1")], end: true)],
        [.headers([(":status", "103"), ("link", "</a>")]), .headers([(":status", "100")]), .head()]
            + [.data(Chat.whole, end: true)],
        [.ping(), .head(), .settings([(4, 100_000)]), .data(Chat.whole), .window(1, 10), .data("", end: true)],
        [.head(), WireFrame(.priority, on: 1, [0, 0, 0, 0, 1]), .data(Chat.whole, end: true)],
    ]

    @Test(arguments: shapes)
    func takesAnAnswerInAnyShape(frames: [WireFrame]) throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin()
            connection.receive(frames)
            #expect(call.text == Chat.text)
            #expect(call.receiver.text == Chat.text)
            #expect(connection.sent(.reset).isEmpty)
            #expect(connection.told.freed == 1)
            #expect(connection.isActive)
        }
    }

    @Test(arguments: shapes, [1, 2, 7, 64])
    func doesNotCareHowFramesAreCutIntoReads(frames: [WireFrame], size: Int) throws {
        let bytes = frames.flatMap(\.bytes)
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin()
            for start in stride(from: 0, to: bytes.count, by: size) {
                connection.receive(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(call.text == Chat.text)
            #expect(call.receiver.text == Chat.text)
        }
    }

    /// The heart of the contract: wherever a stream breaks, it is complete if and only if it was answered.
    @Test func neverCompletesWhatWasCutBeforeItsAnswer() throws {
        let frames = [WireFrame.head()] + Self.pieces.map { .data($0) } + [.data("", end: true)]
        let bytes = frames.flatMap(\.bytes)
        let finish = Self.pieces.firstIndex { $0.contains("finish_reason\":\"stop") } ?? 0
        // A last event is whole with its last brace.
        let mark = frames[...(finish + 1)].flatMap(\.bytes).count - "\n\n".utf8.count
        for length in 0...bytes.count {
            try EmbeddedHTTP2.run { connection in
                let call = connection.begin()
                connection.receive(bytes[..<length])
                connection.close()
                #expect((call.text == Chat.text) == (length >= mark), "cut at byte \(length)")
                guard length < mark else { return }
                let isCut = length >= frames[0].bytes.count
                #expect(call.error?.kind == (isCut ? .cut : .connect), "cut at byte \(length)")
            }
        }
    }

    @Test func carriesManyAtOnce() throws {
        try EmbeddedHTTP2.run { connection in
            let calls = (0..<50).map { _ in connection.begin() }
            let ids = calls.indices.map { 2 * $0 + 1 }
            connection.receive(ids.reversed().map { .head($0) })
            for piece in Self.pieces { connection.receive(ids.map { .data(piece, $0) }) }
            #expect(calls.allSatisfy { $0.receiver.text == Chat.text && $0.text == Chat.text })
            connection.receive(ids.map { .data("", $0, end: true) })
            #expect(connection.told.freed == 50)
            #expect(connection.sent(.reset).isEmpty)
        }
    }

    @Test func anAnswerMayBeAHeadAlone() throws {
        try EmbeddedHTTP2.run { connection in
            let (refused, empty) = (connection.begin(), connection.begin())
            connection.receive([.head(1, status: "503", [("retry-after", "7")], end: true), .head(3, end: true)])
            #expect(refused.error?.kind == .overloaded)
            #expect(refused.error?.retryAfter == .seconds(7))
            #expect(empty.error?.kind == .cut)
            #expect(connection.told.freed == 2)
        }
    }

    @Test func aRefusalIsReadToItsEnd() throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin()
            connection.receive([.head(1, status: "529"), .data("bu")])
            #expect(call.ends.isEmpty)
            connection.receive([.data("sy", end: true)])
            #expect(call.error?.message == "busy")
        }
    }

    @Test(arguments: [[], [WireFrame.reset(1, 0)], [.reset(1, 8)], [.goAway(1)]])
    func anInterimHeadEndsNothing(next: [WireFrame]) throws {
        try EmbeddedHTTP2.run { connection in
            let (call, other) = (connection.begin(), connection.begin())
            connection.receive([.headers([(":status", "100")], 1, end: true)] + next)
            #expect(call.error?.kind == .decode)
            connection.receive(next.first?.kind == .goAway ? [] : WireFrame.answer(3))
            #expect(next.first?.kind == .goAway ? other.isUnprocessed : other.text == Chat.text)
        }
    }
}
