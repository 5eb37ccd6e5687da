import LLMStreaming
import NIOCore
import Testing

@testable import LLM4S

/// How streams end before their time, from either side.
@Suite struct HTTP2ResetTests {
    @Test(arguments: Array(0...14))
    func tellsWhyAServerResetAStream(code: Int) throws {
        try EmbeddedHTTP2.run { connection in
            let calls = (0..<4).map { _ in connection.begin() }
            connection.receive([.reset(1, code), .head(3), .data(Chat.delta("a"), 3), .reset(3, code)])
            connection.receive(WireFrame.answer(5) + [.head(7)])
            connection.receive([.reset(7, code)])
            let isBusy = code == 7 || code == 11
            // It answers nobody in HTTP/2.
            let wantsHTTP1 = code == 13
            #expect(calls[0].error?.kind == (isBusy ? .overloaded : wantsHTTP1 ? .decode : .connect))
            #expect((calls[0].error?.suspicion == .provider) == wantsHTTP1)
            #expect(calls[0].isUnprocessed == (code == 7))
            #expect(calls[0].result?.isStaleConnection == false)
            for call in [calls[1], calls[3]] {
                #expect(call.error?.kind == .cut)
                #expect(!call.isUnprocessed)
            }
            #expect(calls[1].result?.partial.text == "a")
            #expect(calls[2].text == Chat.text, "an innocent one")
            for call in [calls[0], calls[1]] {
                let message = call.error?.message ?? ""
                #expect(message.contains(wantsHTTP1 ? "it wants HTTP/1.1" : "the server reset the stream: "))
                #expect(message.contains("lab.example:8000"))
                #expect(message.contains(code < 14 ? "_" : "14") || [8].contains(code), "\(message)")
            }
            #expect(connection.isActive)
            #expect(connection.told.freed == 4)
        }
    }

    @Test func aResetBehindTheEndIsNone() throws {
        try EmbeddedHTTP2.run { connection in
            let slow = ChunkCollector(isFull: true)
            let (call, paused) = (connection.begin(), connection.begin(receiver: slow))
            connection.receive(WireFrame.answer(1) + [.reset(1, 0)])
            connection.receive([.head(3), .data(Chat.delta("a"), 3)])
            connection.receive([.data(Chat.finish() + Chat.done, 3, end: true), .reset(3, 2)])
            slow.makeRoom()
            connection.runLoop()
            #expect(call.text == Chat.text)
            #expect(paused.text == "a")
        }
    }

    @Test func aRefusalInTheSameReadIsNoAnswer() throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin()
            connection.receive([.head(1, status: "529"), .data("busy"), .reset(1, 0)])
            #expect(call.error?.kind == .overloaded)
            #expect(call.error?.message == "busy")
            #expect(!call.isUnprocessed)
        }
    }

    @Test(arguments: [false, true])
    func cancelsAStreamAndKeepsTheConnection(hasHead: Bool) throws {
        try EmbeddedHTTP2.run { connection in
            let (call, other) = (connection.begin(), connection.begin())
            if hasHead { connection.receive([.head(), .data(Chat.delta("a"))]) }
            _ = connection.sent()
            connection.cancel(call)
            connection.cancel(call)
            #expect(call.error?.kind == .cancelled)
            #expect(connection.sent() == [.reset(1, 8)])
            #expect(connection.told.freed == 1)
            // What was on its way is nobody's.
            connection.receive([hasHead ? .data(Chat.delta("b")) : .head(), .data(Chat.whole, end: true)])
            connection.receive(WireFrame.answer(3))
            #expect(other.text == Chat.text)
            #expect(connection.isActive)
        }
    }

    @Test func aWaveOfCancelledStreamsLeavesTheConnection() throws {
        try EmbeddedHTTP2.run(settings: .settings(streams: 1_000)) { connection in
            let calls = (0..<1_000).map { _ in connection.begin() }
            for call in calls.dropLast() { connection.cancel(call) }
            connection.receive((0..<999).flatMap { WireFrame.answer(2 * $0 + 1) })
            connection.receive(WireFrame.answer(1_999))
            #expect(calls.last?.text == Chat.text)
        }
    }

    @Test func readsTheRestOfABodyForASecond() throws {
        try EmbeddedHTTP2.run { connection in
            let (call, late) = (connection.begin(), connection.begin())
            connection.receive([.head(1), .data(Chat.whole, 1), .head(3), .data(Chat.whole, 3)])
            #expect(call.text == Chat.text && late.text == Chat.text)
            #expect(connection.told.freed == 0)
            connection.advance(.milliseconds(999))
            connection.receive([.data(": rest\n\n", 1, end: true)])
            #expect(connection.told.freed == 1)
            #expect(connection.sent(.reset).isEmpty)
            connection.advance(.milliseconds(1))
            #expect(connection.sent(.reset) == [.reset(3, 8)])
            #expect(connection.told.freed == 2)
        }
    }

    @Test func readsNoMoreThanALittleOfTheRest() throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin()
            connection.receive([.head(), .data(Chat.whole)])
            #expect(call.text == Chat.text)
            let comment = WireFrame.data(": " + String(repeating: "x", count: 8_000) + "\n\n")
            connection.receive([comment])
            #expect(connection.sent(.reset).isEmpty)
            for _ in 0..<3 { connection.receive([comment]) }
            #expect(connection.sent(.reset) == [.reset(1, 8)])
            #expect(connection.told.freed == 1)
        }
    }

    @Test func refusesTheRestOfWhatMakesNoSense() throws {
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin()
            connection.receive([.head(), .data("data: {nonsense}\n\n"), .data(Chat.delta("a"))])
            #expect(call.error?.kind == .decode)
            #expect(connection.sent(.reset) == [.reset(1, 8)])
            #expect(connection.isActive)
        }
    }
}
