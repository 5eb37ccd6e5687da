import LLMStreaming
import NIOCore
import Testing

@testable import LLM4S

/// When a connection is asked whether it lives, and when it ends.
@Suite struct HTTP2LifeTests {
    private var timeouts: StreamTimeouts {
        var timeouts = StreamTimeouts()
        timeouts.firstToken = .seconds(10_000)
        timeouts.idle = .seconds(10_000)
        timeouts.stall = .seconds(10_000)
        return timeouts
    }

    @Test func endsAConnectionThatGivesNoSignOfLife() throws {
        try EmbeddedHTTP2.run { connection in
            let calls = (0..<2).map { _ in connection.begin(timeouts: timeouts) }
            connection.receive([.head(1), .data(Chat.delta("a"), 1)])
            _ = connection.sent()
            connection.advance(.seconds(59))
            #expect(connection.sent().isEmpty)
            connection.advance(.seconds(1))
            #expect(connection.sent().map(\.kind) == [.ping])
            connection.advance(.seconds(19))
            #expect(connection.isActive)
            connection.advance(.seconds(1))
            #expect(!connection.isActive)
            #expect(calls.map { $0.error?.kind } == [.cut, .connect])
            #expect(calls.allSatisfy { $0.error?.message.contains(VanishedPeer.reason) == true })
        }
    }

    /// Who counts failures takes them for one; a stream that is reset is one by itself.
    @Test func theStreamsOfALostConnectionNameIt() throws {
        try EmbeddedHTTP2.run { connection in
            let calls = (0..<4).map { _ in connection.begin() }
            connection.receive([.head(1), .head(3), .data(Chat.delta("a"), 3)] + WireFrame.answer(5))
            connection.receive([WireFrame.reset(1, 2)])
            connection.close()
            #expect(calls.map { $0.error?.kind } == [.cut, .cut, nil, .connect])
            let lost = calls.map { $0.result?.lostConnection }
            #expect(lost[0] == nil && lost[1] != nil && lost[2] == nil && lost[3] == lost[1], "\(lost)")
        }
    }

    @Test(arguments: [
        WireFrame.ping(isAnswer: true), .ping(), .data(": ping\n\n"), .window(0, 1), .settings(), .data(""),
    ])
    func anyFrameIsASignOfLife(frame: WireFrame) throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin(timeouts: timeouts)
            connection.receive([.head()])
            for _ in 0..<5 {
                connection.advance(.seconds(79))
                connection.receive([frame])
            }
            #expect(connection.isActive)
            connection.receive([.data(Chat.whole, end: true)])
            #expect(call.text == Chat.text)
        }
    }

    @Test func anIdleConnectionIsNotAskedAndEndsWithItsLifetime() throws {
        try EmbeddedHTTP2.run { connection in
            connection.advance(.seconds(20))
            let call = connection.begin(timeouts: timeouts)
            connection.advance(.seconds(50))
            connection.receive(WireFrame.answer())
            #expect(call.text == Chat.text)
            _ = connection.sent()
            connection.advance(.seconds(29))
            #expect(connection.isActive && connection.sent().isEmpty)
            connection.advance(.seconds(1))
            #expect(!connection.isActive)
            #expect(connection.told.retired == 1)
        }
    }

    /// A connection at rest was not silent.
    @Test func aStreamOnAConnectionAtRestWaitsForAsLongAsAnother() throws {
        try EmbeddedHTTP2.run { connection in
            connection.advance(.seconds(29))
            connection.begin(timeouts: timeouts)
            _ = connection.sent()
            connection.advance(.seconds(59))
            #expect(connection.sent().isEmpty)
            connection.advance(.seconds(1))
            #expect(connection.sent().map(\.kind) == [.ping])
        }
    }

    @Test func aConnectionThatIsWantedIsKept() throws {
        try EmbeddedHTTP2.run { connection in
            connection.told.keep()
            connection.advance(.seconds(31))
            #expect(connection.isActive)
            let call = connection.begin()
            connection.receive(WireFrame.answer())
            #expect(call.text == Chat.text)
        }
    }

    @Test func eachStreamHasClocksOfItsOwn() throws {
        try EmbeddedHTTP2.run { connection in
            var short = StreamTimeouts()
            (short.firstToken, short.idle) = (.seconds(10), .seconds(5))
            let calls = [connection.begin(timeouts: short), connection.begin(timeouts: short), connection.begin()]
            connection.receive([.head(3), .data(Chat.delta("a"), 3)])
            connection.advance(.seconds(5))
            #expect(calls[1].error?.kind == .timeoutIdle)
            connection.receive([.ping()])
            connection.advance(.seconds(5))
            #expect(calls[0].error?.kind == .timeoutFirstToken)
            #expect(connection.sent(.reset) == [.reset(3, 8), .reset(1, 8)])
            connection.receive(WireFrame.answer(5))
            #expect(calls[2].text == Chat.text)
        }
    }
}
