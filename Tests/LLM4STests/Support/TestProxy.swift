import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A small HTTP proxy on loopback: every name leads to this machine, at the port that the request names.
final class TestProxy: Sendable {
    /// What it does once it has read a head.
    enum Manner: Sendable {
        /// Opens the tunnel, or passes the request on.
        case serving
        /// Says that the tunnel is open in pieces of one byte.
        case servingSlowly
        /// Answers with these bytes.
        case answering(String)
        /// Closes.
        case closing
        /// Says nothing.
        case silent
    }

    private final class Heads: Sendable {
        let list = Mutex<[String]>([])
        let count = Tally()
    }

    private let log = Heads()
    /// The connections that have closed.
    let closed = Tally()
    private let channel: any Channel
    let port: Int

    init(_ manner: Manner = .serving, tls: NIOSSLContext? = nil) async throws {
        let (log, closed) = (log, closed)
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    channel.closeFuture.whenComplete { _ in closed.add() }
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.addHandler(
                        HeadReader(manner) { head in
                            log.list.withLock { $0.append(head) }
                            log.count.add()
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress!.port!
    }

    /// The first head of each connection, in order.
    var heads: [String] { log.list.withLock { $0 } }

    /// Waits for that many connections' heads.
    func receive(_ count: Int) async { await log.count.reach(count) }

    func stop() async { try? await channel.close() }
}

private final class HeadReader: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let manner: TestProxy.Manner
    private let onHead: (String) -> Void
    private var received = ByteBuffer()

    init(_ manner: TestProxy.Manner, onHead: @escaping (String) -> Void) {
        self.manner = manner
        self.onHead = onHead
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        let text = String(buffer: received)
        guard let end = text.firstRange(of: "\r\n\r\n") else { return }
        onHead(String(text[..<end.lowerBound]))
        let channel = context.channel
        switch manner {
        case .serving, .servingSlowly: serve(text, context)
        case .answering(let answer): channel.writeAndFlush(ByteBuffer(string: answer), promise: nil)
        case .closing: channel.close(promise: nil)
        case .silent: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func serve(_ text: String, _ context: ChannelHandlerContext) {
        let words = text.prefix { !$0.isNewline }.split(separator: " ")
        let isTunnel = words[0] == "CONNECT"
        // host:port, or http://host:port/path
        let authority = isTunnel ? words[1] : words[1].split(separator: "/")[1]
        guard let port = authority.split(separator: ":").last.flatMap({ Int($0) }) else {
            return context.close(promise: nil)
        }
        let (client, first) = (context.channel, received)
        let reader = NIOLoopBound(self, eventLoop: client.eventLoop)
        let isSlow = if case .servingSlowly = manner { true } else { false }
        client.setOption(.autoRead, value: false).flatMap {
            ClientBootstrap(group: client.eventLoop).connect(host: "127.0.0.1", port: port)
        }.flatMapThrowing { server in
            try server.pipeline.syncOperations.addHandler(ProxyRelay(to: client))
            try client.pipeline.syncOperations.addHandler(ProxyRelay(to: server))
            client.pipeline.syncOperations.removeHandler(reader.value, promise: nil)
            if isTunnel {
                let answer = "HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n"
                for piece in isSlow ? answer.map(String.init) : [answer] {
                    client.writeAndFlush(ByteBuffer(string: piece), promise: nil)
                }
            } else {
                server.writeAndFlush(first, promise: nil)
            }
            client.setOption(.autoRead, value: true).whenComplete { _ in }
        }.whenFailure { _ in client.close(promise: nil) }
    }
}

private final class ProxyRelay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(to other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
