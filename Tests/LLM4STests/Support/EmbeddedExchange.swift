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
    /// How often it was told that an answer began.
    let begun: Tally

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
        let origin = Origin(isSecure: false, host: "lab.example", port: 8000)
        let channel = EmbeddedChannel()
        let care = ConnectionCare(idleLifetime: .seconds(30), onFree: { _, _ in }, retire: { _, _ in true })
        let handler = ConnectionHandler(
            id: 1, origin: origin, care: care, ready: channel.eventLoop.makePromise(of: Void.self))
        let pipeline = channel.pipeline.syncOperations
        let reads = ReadCounter()
        try pipeline.addHandler(reads)
        try pipeline.addHandler(HTTPRequestEncoder())
        try pipeline.addHandlers(AnswerReader(for: handler), handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 8000)).wait()
        let request = ProviderRequest.test
        let begun = Tally()
        let plan = ExchangePlan(
            id: 7, provider: Provider(name: "lab", dialect: dialect), choices: 1, dialect: nil, cursor: nil,
            origin: origin, path: "/v1",
            head: HTTPRequestHead(
                version: .http1_1, method: .POST, uri: "/v1",
                headers: ["content-length": String(request.body.count)]),
            body: request.body, receiver: receiver, redactor: Redactor([]), timeouts: timeouts,
            limits: StreamingResponseHandler.Limits(), start: channel.embeddedEventLoop.now, unixSeconds: { 0 },
            answerBegan: { begun.add() })
        let log = EndLog()
        handler.begin(plan) { log.add($0) }
        try drive(EmbeddedExchange(channel: channel, receiver: receiver, reads: reads, begun: begun))
        guard log.ends.count == 1, case .result(let result) = log.ends[0] else { throw UnexpectedEnd(ends: log.ends) }
        _ = try? channel.finish()
        return result
    }

    /// The exchange did not end, or not once, or not with a result.
    struct UnexpectedEnd: Error { let ends: [ExchangeEnd] }

    private final class EndLog: Sendable {
        private let log = Mutex<[ExchangeEnd]>([])
        var ends: [ExchangeEnd] { log.withLock { $0 } }
        func add(_ end: ExchangeEnd) { log.withLock { $0.append(end) } }
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
