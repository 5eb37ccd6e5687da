import LLMStreaming
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization

@testable import LLM4S

/// A connection without a socket, on a loop whose time the test moves.
struct EmbeddedExchange {
    let channel: EmbeddedChannel
    let receiver: ChunkCollector
    fileprivate let reads: ReadCounter
    fileprivate let attempt: StreamAttempt

    /// Whether the request may have to be sent again.
    var isRequestNeeded: Bool { !attempt.body.isEmpty }

    /// How often the socket was asked to read.
    var readCount: Int { reads.count }

    var loop: EmbeddedEventLoop { channel.embeddedEventLoop }

    /// Sends a request and lets `drive` play the server; returns how the exchange ended.
    ///
    /// `drive` must bring it to an end.
    static func run(
        timeouts: StreamTimeouts = StreamTimeouts(), dialect: Dialect = .openAIChat,
        receiver: ChunkCollector = ChunkCollector(), drive: (EmbeddedExchange) throws -> Void
    ) throws -> StreamResult {
        let endpoint = try Endpoint(
            provider: Provider(name: "lab", dialect: dialect, baseURL: "http://lab.example:8000/v1", needsKey: false),
            environment: [:])
        let channel = EmbeddedChannel()
        let callbacks = ConnectionCallbacks(
            idleLifetime: .seconds(30), onFree: { _, _ in }, retire: { _, _ in true })
        let handler = ConnectionHandler(id: 1, origin: endpoint.origin, callbacks: callbacks, on: channel.eventLoop)
        let pipeline = channel.pipeline.syncOperations
        let reads = ReadCounter()
        try pipeline.addHandler(reads)
        try pipeline.addHandler(HTTPRequestEncoder())
        try pipeline.addHandlers(ResponseReader(for: handler), handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 8000)).wait()
        var configuration = TransportConfiguration()
        configuration.unixSeconds = { 0 }
        let request = ProviderRequest.test
        let attempt = StreamAttempt(
            request, to: endpoint, receiver: receiver,
            pool: ConnectionPool(group: channel.embeddedEventLoop, configuration: configuration), timeouts: timeouts,
            start: channel.embeddedEventLoop.now)
        let head = HTTPRequestHead(
            version: .http1_1, method: .POST, uri: "/v1", headers: ["content-length": String(request.body.count)])
        let log = EndLog()
        handler.begin(attempt, path: "/v1", head: head) { log.add($0) }
        try drive(EmbeddedExchange(channel: channel, receiver: receiver, reads: reads, attempt: attempt))
        guard log.ends.count == 1, case .result(let result) = log.ends[0] else { throw UnexpectedEnd(ends: log.ends) }
        _ = try? channel.finish()
        return result
    }

    /// The exchange did not end, or not once, or not with a result.
    struct UnexpectedEnd: Error { let ends: [LeaseEnd] }

    private final class EndLog: Sendable {
        private let log = Mutex<[LeaseEnd]>([])
        var ends: [LeaseEnd] { log.withLock { $0 } }
        func add(_ end: LeaseEnd) { log.withLock { $0.append(end) } }
    }

    /// The server's bytes arrive.
    func receive(_ text: String) throws { try receive(Array(text.utf8)) }

    func receive(_ bytes: some Sequence<UInt8>) throws {
        // Errors that travel through the pipeline are the handler's matter.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// The server closes.
    func close() { channel.pipeline.fireChannelInactive() }
}

/// Stands where the socket would and counts what it is asked.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = NIOAny

    private(set) var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
