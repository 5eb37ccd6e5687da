import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The page's server: HTTP at 127.0.0.1, on one thread of its own that never waits for anything.
package struct WatchServer: Sendable {
    /// What one server takes.
    package struct Limits: Sendable {
        /// Connections at once; others are closed.
        package var connections = 400
        /// Bytes of a request's head.
        package var headerBytes = 16 << 10
        /// Bytes of a request's body.
        package var bodyBytes = 64 << 10
        /// How long a request may take to come, and a connection to bring one.
        package var requestTime = Duration.seconds(10)
        /// How long a reader may take for what was written to it.
        package var writeTime = Duration.seconds(30)

        package init() {}
    }

    /// Makes the answer to a request, on any thread.
    package typealias Handler = @Sendable (WatchRequest) async -> WatchAnswer

    /// Where it listens.
    package let port: Int
    private let group: MultiThreadedEventLoopGroup
    private let loop: ServingLoop

    /// The page's address.
    package var url: String { "http://127.0.0.1:\(port)/" }

    /// Listens.
    ///
    /// - Parameters:
    ///   - port: 0 for one that is free.
    ///   - makeHandler: gets the port, which is known by then.
    /// - Throws: `WatchFault` where the port cannot be had.
    package static func start(
        port: Int, limits: Limits = Limits(), makeHandler: @escaping @Sendable (Int) -> Handler
    ) async throws(WatchFault) -> WatchServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let count = ConnectionCount(most: limits.connections)
        let (shared, loop) = (SharedHandler(), ServingLoop())
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    var heads = NIOHTTPDecoderLimitConfiguration()
                    (heads.maxHeaderFieldSize, heads.maxHeaderListSize) = (limits.headerBytes, limits.headerBytes)
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(
                        withErrorHandling: false, withEncoderConfiguration: .init(),
                        withDecoderLimitConfiguration: heads)
                    try pipeline.addHandler(
                        WatchConnection(limits: limits, count: count, loop: loop) { request in
                            guard let handle = shared.value else { return .fault(503, "the server is about to begin") }
                            return await handle(request)
                        })
                }
            }
        do {
            let channel = try await bootstrap.bind(host: "127.0.0.1", port: port).get()
            let bound = channel.localAddress?.port ?? port
            shared.set(makeHandler(bound))
            return WatchServer(port: bound, group: group, loop: loop)
        } catch {
            try? await group.shutdownGracefully()
            throw WatchFault(description: WatchFault.words(error))
        }
    }

    /// Closes all connections and the port, and returns once that is done; answers that are being made are dropped.
    package func stop() async {
        loop.close()
        // The only error is that the group was shut down before.
        try? await group.shutdownGracefully()
    }
}

/// Why a server cannot listen, in words for its user.
package struct WatchFault: Error, CustomStringConvertible {
    package let description: String

    /// The system's words follow the name of a function in NIO's.
    fileprivate static func words(_ error: any Error) -> String {
        let words = "\(error)"
        return words.firstRange(of: "): ").map { String(words[$0.upperBound...]) } ?? words
    }
}

/// The handler, which is made when the port is known.
private final class SharedHandler: Sendable {
    private let handler = Mutex<WatchServer.Handler?>(nil)

    var value: WatchServer.Handler? { handler.withLock { $0 } }
    func set(_ value: @escaping WatchServer.Handler) { handler.withLock { $0 = value } }
}

/// The connections that are open.
final class ConnectionCount: Sendable {
    private let most: Int
    private let count = Mutex(0)

    init(most: Int) { self.most = most }

    /// Counts one more; false where there are too many.
    func add() -> Bool {
        count.withLock { count in
            count += 1
            return count <= most
        }
    }

    func remove() { count.withLock { $0 -= 1 } }
}
