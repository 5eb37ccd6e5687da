import NIOCore
import NIOEmbedded
import Testing

@testable import LLM4S

/// How a connection comes to stand, and how many streams it takes.
@Suite struct HTTP2SetUpTests {
    @Test(arguments: [(WireFrame.settings(), 100), (.settings(streams: 10), 10), (.settings(streams: 5_000), 1_000)])
    func standsWithTheBoundOfItsServer(settings: WireFrame, streams: Int) throws {
        try EmbeddedHTTP2.run(settings: nil) { connection in
            #expect(connection.handler.connection == nil)
            connection.receive(settings.bytes.dropLast(1 + settings.payload.count / 6))
            #expect(connection.handler.connection == nil, "half of its settings")
            connection.receive(settings.bytes.suffix(1 + settings.payload.count / 6))
            #expect(connection.handler.connection?.streams == streams)
            #expect(connection.told.sizes.isEmpty)
        }
    }

    @Test func waitsForAServerThatTakesNoneYet() throws {
        try EmbeddedHTTP2.run(settings: .settings(streams: 0)) { connection in
            #expect(connection.handler.connection == nil)
            // Of something else: it takes none still.
            connection.receive([.settings([(4, 70_000)])])
            #expect(connection.handler.connection == nil)
            connection.receive([.settings(streams: 5)])
            #expect(connection.handler.connection?.streams == 5)
        }
    }

    @Test func sendsAsManyAsItSaysItCarries() throws {
        try EmbeddedHTTP2.run(settings: .settings()) { connection in
            let count = try #require(connection.handler.connection?.streams)
            for _ in 0..<count { connection.begin() }
            #expect(connection.sent(.headers).count == count, "NIO keeps none back")
        }
    }

    @Test func tellsABoundThatChanges() throws {
        try EmbeddedHTTP2.run(settings: .settings(streams: 10)) { connection in
            let calls = (0..<10).map { _ in connection.begin() }
            connection.receive([.settings(streams: 2)])
            connection.receive([.settings([(4, 70_000)])])
            connection.receive([.settings(streams: 3_000)])
            #expect(connection.told.sizes == [2, 1_000])
            connection.receive((0..<10).flatMap { WireFrame.answer(2 * $0 + 1) })
            #expect(calls.allSatisfy { $0.text == Chat.text })
        }
    }

    /// The pool may give places that the server has just taken back.
    @Test func givesBackWhatTheServerTakesNoMore() throws {
        try EmbeddedHTTP2.run(settings: .settings(streams: 3)) { connection in
            let first = connection.begin()
            connection.receive([.settings(streams: 1)])
            _ = connection.sent()
            #expect(connection.begin().isUnprocessed)
            #expect(connection.sent(.headers).isEmpty)
            connection.receive(WireFrame.answer(1))
            #expect(first.text == Chat.text)
            let second = connection.begin()
            #expect(connection.sent(.headers).map(\.stream) == [3])
            connection.receive(WireFrame.answer(3))
            #expect(second.text == Chat.text)
        }
    }

    /// Another would be made beside it, and one more beside that.
    @Test func aConnectionThatTakesNoneAnyMoreEndsWithItsLastStream() throws {
        try EmbeddedHTTP2.run { connection in
            connection.receive([.settings(streams: 0)])
            #expect(!connection.isActive)
            #expect(connection.told.sizes == [0])
            let late = connection.begin()
            #expect(late.isUnprocessed && late.error?.kind == .overloaded, "\(late.ends)")
        }
        try EmbeddedHTTP2.run { connection in
            let call = connection.begin()
            connection.receive([.settings(streams: 0)])
            #expect(connection.isActive)
            connection.receive(WireFrame.answer(1))
            #expect(call.text == Chat.text)
            #expect(!connection.isActive)
        }
        // Soon enough.
        try EmbeddedHTTP2.run { connection in
            _ = connection.begin()
            connection.receive([.settings(streams: 0)])
            connection.receive([.settings(streams: 5)])
            connection.receive(WireFrame.answer(1))
            #expect(connection.isActive)
        }
    }

    /// In one read a server may take back what it said first.
    @Test(arguments: [(0, nil), (2, 2)] as [(Int, Int?)])
    func standsWithWhatItsServerSaidLast(second: Int, streams: Int?) throws {
        try EmbeddedHTTP2.run(settings: nil) { connection in
            connection.receive([.settings(streams: 100), .settings(streams: second)])
            #expect(connection.handler.connection?.streams == streams)
            connection.receive([.settings(streams: 7)])
            #expect(connection.handler.connection?.streams == 7)
        }
    }

    /// The pool may have the connection only after its bound has changed.
    @Test func theConnectionItselfKnowsWhatItTakes() throws {
        try EmbeddedHTTP2.run { connection in
            _ = connection.begin()
            connection.receive([.settings(streams: 3)])
            #expect(connection.handler.connection?.streams == 3)
            connection.receive([.goAway(1)])
            #expect(connection.handler.connection?.streams == 0)
        }
    }

    /// A pool that does not know better is told again.
    @Test func whoGivesItTooManyIsToldAgain() throws {
        try EmbeddedHTTP2.run(settings: .settings(streams: 1)) { connection in
            _ = connection.begin()
            let more = connection.begin()
            #expect(more.isUnprocessed && more.error?.kind == .overloaded)
            #expect(connection.told.sizes == [1])
        }
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", "SSH-2.0-OpenSSH_9.9\r\n",
        "\u{15}\u{3}\u{1}\0\u{2}\u{2}F......",
    ])
    func saysThatAServerDoesNotSpeakHTTP2(text: String) throws {
        try EmbeddedHTTP2.run(settings: nil) { connection in
            connection.receive(Array(text.utf8))
            connection.receive(Array(repeating: 65, count: 30_000))
            #expect(connection.failure?.kind == .decode)
            #expect(connection.failure?.message.contains("does not answer in HTTP/2") == true)
            #expect(!connection.isActive)
        }
    }

    @Test func saysThatAServerClosed() throws {
        try EmbeddedHTTP2.run(settings: nil) { connection in
            connection.close()
            #expect(connection.failure?.kind == .connect)
        }
    }

    @Test func aServerThatLeavesBeforeItsSettingsIsNoConnection() throws {
        try EmbeddedHTTP2.run(settings: nil) { connection in
            connection.receive([.goAway(0, 11)])
            #expect(connection.failure != nil)
            #expect(!connection.isActive)
        }
    }

    @Test(arguments: [0, 1, 4_095, 4_096, 4_097, 65_535])
    func whatTLSDecryptsComesWholeInSmallBuffers(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let channel = EmbeddedChannel(handler: PlaintextCopy())
        // As TLS hands it out: a part of a larger buffer.
        var buffer = ByteBuffer(bytes: [1, 2, 3] + bytes)
        buffer.moveReaderIndex(forwardBy: 3)
        try channel.writeInbound(buffer)
        var received: [UInt8] = []
        while let piece = try channel.readInbound(as: ByteBuffer.self) {
            #expect(piece.storageCapacity <= 4_096, "who keeps it keeps no more")
            received += Array(buffer: piece)
        }
        #expect(received == bytes)
        _ = try channel.finish()
    }
}
