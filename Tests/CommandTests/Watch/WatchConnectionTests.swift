import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import BatchWatch

/// The times of a connection, by a clock that the test moves.
@Suite struct WatchConnectionTests {
    /// A reader that takes nothing until it is told to.
    private final class SlowReader: ChannelOutboundHandler, Sendable {
        typealias OutboundIn = HTTPServerResponsePart

        private let held = Mutex<[EventLoopPromise<Void>]>([])

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            context.write(data, promise: nil)
            if let promise { held.withLock { $0.append(promise) } }
        }

        func takeAll() { for promise in held.withLock({ $0 }) { promise.succeed() } }
    }

    private let reader = SlowReader()

    /// A connection of a client that has sent nothing yet.
    ///
    /// - Parameter atItsEnd: done in the turn in which the time for a request is over, before that is noticed.
    private func connect(
        requestTime: Duration, writeTime: Duration,
        atItsEnd: (@Sendable (NIOAsyncTestingChannel) -> Void)? = nil
    ) async throws -> NIOAsyncTestingChannel {
        var limits = WatchServer.Limits()
        (limits.requestTime, limits.writeTime) = (requestTime, writeTime)
        let channel = try await NIOAsyncTestingChannel { [reader, limits] channel in
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(reader)
            try pipeline.addHandler(
                WatchConnection(limits: limits, count: ConnectionCount(most: 1), loop: ServingLoop()) { _ in
                    WatchAnswer(contentType: "text/plain", body: .bytes([0x78]))
                })
        }
        if let atItsEnd {
            channel.testingEventLoop.scheduleTask(in: TimeAmount(requestTime)) { atItsEnd(channel) }
        }
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
        return channel
    }

    private static func head(_ method: HTTPMethod = .GET) -> HTTPServerRequestPart {
        .head(HTTPRequestHead(version: .http1_1, method: method, uri: "/"))
    }

    /// What is written of an answer, as far as its end.
    private static func answer(
        _ channel: NIOAsyncTestingChannel
    ) async throws -> (status: UInt, connection: String?, bytes: Int) {
        guard case .head(let head) = try await channel.waitForOutboundWrite(as: HTTPServerResponsePart.self) else {
            Issue.record("an answer begins with its head")
            return (0, nil, 0)
        }
        var bytes = 0
        while case .body(.byteBuffer(let part)) = try await channel.waitForOutboundWrite(
            as: HTTPServerResponsePart.self)
        { bytes += part.readableBytes }
        return (head.status.code, head.headers.first(name: "connection"), bytes)
    }

    @Test func aRequestThatDoesNotComeInTimeIsEnded() async throws {
        let silent = try await connect(requestTime: .seconds(10), writeTime: .seconds(30))
        await silent.testingEventLoop.advanceTime(by: .seconds(9))
        #expect(silent.isActive)
        await silent.testingEventLoop.advanceTime(by: .seconds(1))
        #expect(!silent.isActive)
        for (method, bytes) in [(HTTPMethod.POST, true), (.HEAD, false)] {
            let slow = try await connect(requestTime: .seconds(10), writeTime: .seconds(30))
            try await slow.writeInbound(Self.head(method))
            await slow.testingEventLoop.advanceTime(by: .seconds(10))
            let answer = try await Self.answer(slow)
            #expect(answer.status == 408 && answer.connection == "close" && (answer.bytes > 0) == bytes, "\(answer)")
        }
    }

    /// Both are due in one turn of the loop, so that the one cannot cancel the other.
    @Test func aRequestThatComesInTheLastMomentIsAnswered() async throws {
        let channel = try await connect(requestTime: .seconds(10), writeTime: .seconds(30)) { channel in
            channel.pipeline.fireChannelRead(Self.head())
            channel.pipeline.fireChannelRead(HTTPServerRequestPart.end(nil))
        }
        await channel.testingEventLoop.advanceTime(by: .seconds(10))
        #expect(channel.isActive)
        let answer = try await Self.answer(channel)
        #expect(answer.status == 200 && answer.connection == "keep-alive" && answer.bytes == 1)
    }

    /// While an answer is not with its reader, what holds is the time to take it; then that of the next request.
    @Test func theTimeOfTheNextRequestBeginsWithTheEndOfTheAnswer() async throws {
        let channel = try await connect(requestTime: .seconds(10), writeTime: .seconds(30))
        try await channel.writeInbound(Self.head())
        try await channel.writeInbound(HTTPServerRequestPart.end(nil))
        let answer = try await Self.answer(channel)
        #expect(answer.status == 200 && answer.connection == "keep-alive" && answer.bytes == 1)
        await channel.testingEventLoop.advanceTime(by: .seconds(29))
        #expect(channel.isActive)
        reader.takeAll()
        await channel.testingEventLoop.run()
        await channel.testingEventLoop.advanceTime(by: .seconds(9))
        #expect(channel.isActive)
        await channel.testingEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    /// Nothing behind such a request is read, so that the connection ends with its answer.
    @Test func aRequestForAnotherProtocolIsTheLast() async throws {
        let channel = try await connect(requestTime: .seconds(10), writeTime: .seconds(30))
        try await channel.writeInbound(
            HTTPServerRequestPart.head(
                HTTPRequestHead(
                    version: .http1_1, method: .GET, uri: "/",
                    headers: ["Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c"])))
        try await channel.writeInbound(HTTPServerRequestPart.end(nil))
        let answer = try await Self.answer(channel)
        #expect(answer.status == 200 && answer.connection == "close" && answer.bytes == 1)
    }
}
