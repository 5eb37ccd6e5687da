import LLMStreaming
import NIOCore
import Testing

@testable import LLM4S

/// Servers that leave, in order or not: what goes on, what is sent again elsewhere, and when the socket closes.
@Suite struct HTTP2GoAwayTests {
    @Test func goesOnWithWhatTheServerHasSeen() throws {
        try EmbeddedHTTP2.run { connection in
            let calls = (0..<3).map { _ in connection.begin() }
            connection.receive([.head(1), .goAway(3)])
            #expect(calls[2].isUnprocessed)
            #expect(calls[2].error?.kind == .connect)
            #expect(calls[0].ends.isEmpty && calls[1].ends.isEmpty)
            #expect(connection.told.sizes == [0])
            let refused = connection.begin()
            #expect(refused.isUnprocessed)
            connection.receive([.data(Chat.whole, 1, end: true)])
            #expect(connection.isActive)
            connection.receive(WireFrame.answer(3))
            #expect(calls[0].text == Chat.text && calls[1].text == Chat.text)
            #expect(!connection.isActive)
            #expect(connection.told.sizes == [0])
        }
    }

    @Test func takesAServersLeaveInTwoSteps() throws {
        try EmbeddedHTTP2.run { connection in
            let calls = (0..<2).map { _ in connection.begin() }
            connection.receive([.goAway(0x7FFF_FFFF)])
            #expect(calls.allSatisfy { $0.ends.isEmpty })
            connection.receive([.ping(), .settings(streams: 50), .goAway(1)])
            #expect(calls[1].isUnprocessed)
            #expect(connection.told.sizes == [0])
            connection.receive(WireFrame.answer(1))
            #expect(calls[0].text == Chat.text)
            #expect(!connection.isActive)
        }
    }

    @Test func closesAtOnceWhereNothingIsUnderWay() throws {
        try EmbeddedHTTP2.run { connection in
            connection.receive([.goAway(0)])
            #expect(!connection.isActive)
            #expect(connection.told.sizes == [0])
        }
    }

    @Test func tellsWhyTheServerEndedTheConnection() throws {
        try EmbeddedHTTP2.run { connection in
            let calls = (0..<3).map { _ in connection.begin() }
            connection.receive([.head(1), .data(Chat.delta("a"), 1), .goAway(3, 11)])
            connection.close()
            #expect(calls.map { $0.error?.kind } == [.cut, .overloaded, .overloaded])
            #expect(calls.map(\.isUnprocessed) == [false, false, true])
            for call in calls { #expect(call.error?.message.contains("ENHANCE_YOUR_CALM") == true) }
        }
    }

    /// A server must not say that of what it has answered; ours is not sent twice for it.
    @Test func whatHasAHeadIsCut() throws {
        try EmbeddedHTTP2.run { connection in
            let calls = (0..<2).map { _ in connection.begin() }
            connection.receive([.head(1), .data(Chat.delta("a"), 1), .goAway(0)])
            #expect(calls[0].error?.kind == .cut)
            #expect(!calls[0].isUnprocessed && calls[1].isUnprocessed)
            #expect(connection.told.freed == 2)
            #expect(!connection.isActive)
        }
    }

    /// Sent behind GOAWAY they would break the rules, and the connection with them.
    @Test(arguments: [3, 0x7FFF_FFFF])
    func keptBackRequestsAreNotSentAnyMore(last: Int) throws {
        try EmbeddedHTTP2.run(settings: .settings(streams: 2)) { connection in
            let (first, second) = (connection.begin(), connection.begin())
            // More than the server takes, and more than the channel does.
            let kept = connection.begin()
            connection.setWritable(false)
            let unwritten = connection.begin()
            _ = connection.sent()
            connection.receive([.goAway(last)])
            connection.setWritable(true)
            #expect(kept.isUnprocessed && unwritten.isUnprocessed)
            connection.receive(WireFrame.answer(1))
            #expect(first.text == Chat.text)
            #expect(connection.sent(.headers).isEmpty)
            connection.receive(WireFrame.answer(3))
            #expect(second.text == Chat.text)
            #expect(!connection.isActive)
        }
    }

    @Test func leavesWhenItsNumbersRunOut() throws {
        try EmbeddedHTTP2.run(firstID: Int(Int32.max) - 2) { connection in
            let (first, second) = (connection.begin(), connection.begin())
            #expect(connection.told.sizes == [0])
            #expect(connection.begin().isUnprocessed)
            connection.receive(WireFrame.answer(Int(Int32.max) - 2) + WireFrame.answer(Int(Int32.max)))
            #expect(first.text == Chat.text && second.text == Chat.text)
            #expect(!connection.isActive)
        }
    }

    @Test func onlyWhatFoundTheConnectionAtRestIsStale() throws {
        try EmbeddedHTTP2.run { connection in
            let first = connection.begin()
            connection.receive(WireFrame.answer(1))
            let idle = [connection.begin(), connection.begin()]
            connection.close()
            #expect(first.text == Chat.text)
            #expect(idle.map { $0.error?.kind } == [.connect, .connect])
            #expect(idle.map { $0.result?.isStaleConnection } == [true, true])
        }
        try EmbeddedHTTP2.run { connection in
            _ = connection.begin()
            connection.receive(WireFrame.answer(1))
            _ = connection.begin()
            connection.receive([.head(3)])
            let busy = connection.begin()
            connection.close()
            #expect(busy.error?.kind == .connect && busy.result?.isStaleConnection == false)
        }
    }

    /// Another connection would bring the same.
    @Test func aServerThatWantsHTTP1IsNotAskedAgain() throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin()
            connection.receive([.goAway(0, 13)])
            #expect(!call.isUnprocessed && call.error?.kind == .decode && call.error?.suspicion == .provider)
            #expect(call.error?.message.contains("it wants HTTP/1.1") == true)
            let late = connection.begin()
            #expect(!late.isUnprocessed && late.error?.suspicion == .provider)
        }
    }

    @Test func aFirstRequestIsNeverStale() throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin()
            connection.close()
            #expect(call.result?.isStaleConnection == false)
            #expect(connection.begin().isUnprocessed)
        }
    }
}
