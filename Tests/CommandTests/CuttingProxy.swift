import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy on loopback that breaks connections after a number of bytes from the server: a real broken socket.
final class CuttingProxy: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel: any Channel
    let port: Int

    /// Starts a proxy before a server; each new connection takes the next of `cuts` as its bound, and later ones have
    /// none.
    static func start(upstreamPort: Int, cuts: [Int]) async throws -> CuttingProxy {
        try await CuttingProxy(upstreamPort: upstreamPort, cuts: cuts)
    }

    private init(upstreamPort: Int, cuts: [Int]) async throws {
        let bounds = CutList(cuts)
        let group = group
        channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop)
                    .connect(host: "127.0.0.1", port: upstreamPort)
                    .flatMapThrowing { server in
                        try client.pipeline.syncOperations.addHandler(Relay(to: server, bound: nil))
                        try server.pipeline.syncOperations.addHandler(Relay(to: client, bound: bounds.next()))
                        client.setOption(.autoRead, value: true).whenComplete { _ in }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress!.port!
    }

    func stop() async { try? await group.shutdownGracefully() }
}

/// The bounds still to be handed out.
private final class CutList: Sendable {
    private let cuts: Mutex<[Int]>

    init(_ cuts: [Int]) { self.cuts = Mutex(cuts) }

    func next() -> Int? { cuts.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
}

/// Passes bytes on to the other side, until the bound is reached and both sides are closed.
private final class Relay: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private var left: Int?

    init(to other: any Channel, bound: Int?) {
        self.other = other
        left = bound
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if let bound = left {
            let passed = bytes.readSlice(length: min(bound, bytes.readableBytes)) ?? ByteBuffer()
            left = bound - passed.readableBytes
            bytes = passed
        }
        other.writeAndFlush(bytes, promise: nil)
        if left == 0 {
            other.close(promise: nil)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
