import LLMStreaming
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP server on a free loopback port that answers each request with the bytes that a test's script writes.
final class ScriptedServer: Sendable {
    /// Called on the connection's event loop for each request.
    typealias Script = @Sendable (ServerConnection, ServerRequest) -> Void

    /// The connections accepted so far.
    let connections = Tally()
    /// The connections that have closed.
    let closed = Tally()
    private let log: RequestLog
    private let accepted: Accepted
    private let channel: any Channel

    /// What the server does with a connection.
    enum Manner {
        /// Reads requests and answers as scripted.
        case scripted
        /// Accepts, and neither reads nor writes.
        case silent
        /// Closes at once.
        case closing
        /// Says this at once, and reads nothing.
        case greeting(String)
    }

    /// A server.
    ///
    /// - Parameter takes: how many connections it serves at once: others stay in its backlog, where all looks well to a
    ///   client, until one closes.
    /// - Parameter http2: how many streams of HTTP/2 it takes on a connection; nil for HTTP/1.1. Each stream is a
    ///   connection to the script, and `closed` counts them.
    init(
        _ manner: Manner = .scripted, takes: Int = .max, tls: NIOSSLContext? = nil, http2: Int? = nil,
        script: @escaping Script = { _, _ in }
    ) async throws {
        let (connections, closed, log) = (connections, closed, RequestLog())
        let backlog = Backlog(takes: takes)
        let accepted = Accepted()
        self.log = log
        self.accepted = accepted
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    connections.add()
                    let connection = ServerConnection(channel: channel)
                    accepted.connections.withLock { $0.append(connection) }
                    if http2 == nil { channel.closeFuture.whenComplete { _ in closed.add() } }
                    try backlog.add(channel)
                    switch manner {
                    case .scripted: break
                    case .silent: return
                    case .closing:
                        channel.eventLoop.execute { channel.close(promise: nil) }
                        return
                    case .greeting(let text):
                        channel.eventLoop.execute { connection.send(text) }
                        return
                    }
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    if let http2 {
                        try HTTP1OverHTTP2.serve(channel, streams: http2) { stream in
                            stream.closeFuture.whenComplete { _ in closed.add() }
                            let connection = ServerConnection(channel: stream)
                            accepted.streams.withLock { $0.append(connection) }
                            try stream.pipeline.syncOperations.addHandler(
                                RequestCollector { request in
                                    log.add(request)
                                    script(connection, request)
                                })
                        }
                        return
                    }
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    try pipeline.addHandler(
                        RequestCollector { request in
                            log.add(request)
                            script(connection, request)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// The requests that came, in order.
    var requests: [ServerRequest] { log.requests.withLock { $0 } }

    /// Waits for that many requests.
    func receive(_ count: Int) async { await log.count.reach(count) }

    var port: Int { channel.localAddress!.port! }

    /// An endpoint at this server, with a key that must never show up elsewhere.
    func endpoint(
        _ dialect: Dialect = .openAIChat, host: String = "127.0.0.1", isSecure: Bool = false
    ) throws -> Endpoint {
        try Endpoint(
            provider: Provider(
                name: "lab", dialect: dialect, baseURL: "\(isSecure ? "https" : "http")://\(host):\(port)/v1",
                keyVariables: ["LAB_KEY"], headers: [HeaderField("x-team", "eval")]),
            environment: ["LAB_KEY": "sk-marked-key"])
    }

    /// Sends the same on all connections.
    func sendToAll(_ text: String) async {
        let streams = accepted.streams.withLock { $0 }
        for connection in streams.isEmpty ? accepted.connections.withLock({ $0 }) : streams {
            try? await connection.channel.writeAndFlush(ByteBuffer(string: text))
        }
    }

    /// Closes all connections that are open now.
    func closeAll() async {
        for connection in accepted.connections.withLock({ $0 }) { try? await connection.channel.close() }
    }

    /// Closes everything.
    func stop() async {
        try? await channel.close()
        await closeAll()
    }
}

/// A request as the server got it.
struct ServerRequest: Sendable {
    let head: HTTPRequestHead
    let body: String
}

private final class Accepted: Sendable {
    let connections = Mutex<[ServerConnection]>([])
    let streams = Mutex<[ServerConnection]>([])
}

/// The connections that a server has taken, and those that wait to be.
private final class Backlog: Sendable {
    private let state: Mutex<(free: Int, waiting: [any Channel])>

    init(takes: Int) { state = Mutex((takes, [])) }

    /// Takes a new connection, or leaves it unread; called on its event loop.
    func add(_ channel: any Channel) throws {
        let isTaken = state.withLock { state in
            if state.free > 0 { state.free -= 1 } else { state.waiting.append(channel) }
            return state.waiting.last !== channel
        }
        if isTaken {
            channel.closeFuture.whenComplete { _ in self.takeNext() }
        } else {
            try channel.syncOptions?.setOption(.autoRead, value: false)
        }
    }

    private func takeNext() {
        let next: (any Channel)? = state.withLock { state in
            while let first = state.waiting.first {
                state.waiting.removeFirst()
                if first.isActive { return first }
            }
            state.free += 1
            return nil
        }
        guard let next else { return }
        next.closeFuture.whenComplete { _ in self.takeNext() }
        next.setOption(.autoRead, value: true).whenSuccess { next.read() }
    }
}

private final class RequestLog: Sendable {
    let requests = Mutex<[ServerRequest]>([])
    let count = Tally()

    func add(_ request: ServerRequest) {
        requests.withLock { $0.append(request) }
        count.add()
    }
}

private final class RequestCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let onRequest: (ServerRequest) -> Void
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(onRequest: @escaping (ServerRequest) -> Void) { self.onRequest = onRequest }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var bytes): body.writeBuffer(&bytes)
        case .end:
            guard let head else { return }
            onRequest(ServerRequest(head: head, body: String(buffer: body)))
        }
    }

    // The client's way of leaving is no news to these tests.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
