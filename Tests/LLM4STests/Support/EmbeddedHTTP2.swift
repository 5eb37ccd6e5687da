import LLMStreaming
import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import Synchronization
import Testing

@testable import LLM4S

/// An HTTP/2 connection without a socket, on a loop whose time the test moves: the test is the server, frame by frame.
final class EmbeddedHTTP2 {
    private let channel = EmbeddedChannel()
    let handler: HTTP2Connection
    /// What the connection told its pool.
    let told = CallLog()
    /// Why the connection did not come to stand.
    private(set) var failure: LLMError?
    private let endpoint: Endpoint
    private let pool: ConnectionPool
    private var calls: [Call] = []
    /// How many streams got a place.
    private var placeCount = 0
    private var headers = HPACKDecoder(allocator: ByteBufferAllocator())

    /// Lets `drive` play the server; then closes the connection, and looks whether all that began has ended, once.
    ///
    /// - Parameter settings: what the server sends first; nil for nothing.
    static func run(
        settings: WireFrame? = .settings(streams: 100), firstID: Int = 1, _ drive: (EmbeddedHTTP2) throws -> Void
    ) throws {
        let connection = try EmbeddedHTTP2(firstID: firstID)
        if let settings { connection.receive([settings]) }
        _ = connection.sent()
        try drive(connection)
        connection.close()
        _ = try? connection.channel.finish(acceptAlreadyClosed: true)
        connection.check()
    }

    private init(firstID: Int) throws {
        endpoint = try Endpoint(
            provider: Provider(
                name: "lab", dialect: .openAIChat, baseURL: "http://lab.example:8000/v1", needsKey: false),
            environment: [:])
        var configuration = TransportConfiguration()
        configuration.unixSeconds = { 0 }
        pool = ConnectionPool(group: channel.embeddedEventLoop, configuration: configuration)
        let promise = channel.eventLoop.makePromise(of: Connection.self)
        handler = HTTP2Connection(
            id: 1, origin: endpoint.origin, callbacks: told.callbacks, on: channel.eventLoop, ready: promise,
            firstID: firstID)
        let origin = endpoint.origin
        promise.futureResult.assumeIsolated().whenFailure {
            self.failure = ConnectionFailure.error($0, origin: origin)
        }
        try channel.pipeline.syncOperations.addHandlers(HTTP2Connection.codec(), handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 8000)).wait()
    }

    /// One request and what became of it.
    struct Call {
        let attempt: StreamAttempt
        let receiver: ChunkCollector
        fileprivate let log = EndLog()

        var ends: [LeaseEnd] { log.ends }
        var result: StreamResult? {
            switch ends.first {
            case .result(let result), .unprocessed(let result): result
            default: nil
            }
        }
        var error: LLMError? { result?.error }
        var text: String? { result?.completion?.content }
        var isUnprocessed: Bool { if case .unprocessed = ends.first { true } else { false } }
    }

    /// Sends a request.
    @discardableResult func begin(
        receiver: ChunkCollector = ChunkCollector(), timeouts: StreamTimeouts = StreamTimeouts(),
        body: [UInt8] = ProviderRequest.test.body, _ fields: HTTPHeaders = ["host": "lab.example:8000"]
    ) -> Call {
        let attempt = StreamAttempt(
            ProviderRequest(body: body, choices: 1), to: endpoint, receiver: receiver, pool: pool, timeouts: timeouts,
            start: channel.embeddedEventLoop.now)
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/v1", headers: fields)
        let call = Call(attempt: attempt, receiver: receiver)
        let log = call.log
        handler.begin(attempt, path: "/v1", head: head) { log.add($0) }
        placeCount += 1
        calls.append(call)
        return call
    }

    func cancel(_ call: Call) {
        handler.cancel(ObjectIdentifier(call.attempt))
        runLoop()
    }

    /// The server's frames arrive, in one read.
    func receive(_ frames: [WireFrame]) { receive(frames.flatMap(\.bytes)) }

    func receive(_ bytes: some Sequence<UInt8>) {
        // Errors that travel through the pipeline are the handler's matter.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        runLoop()
    }

    var isActive: Bool { channel.isActive }

    /// Does what is to be done at once.
    func runLoop() {
        channel.embeddedEventLoop.run()
        checkPlaces()
    }

    /// The connection ends.
    func close() {
        channel.close(promise: nil)
        runLoop()
    }

    func advance(_ time: TimeAmount) {
        channel.embeddedEventLoop.advanceTime(by: time)
        checkPlaces()
    }

    func setWritable(_ isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    /// What was written since the last time, without the words that come before the first frame.
    func sent() -> [WireFrame] {
        var bytes: [UInt8] = []
        while let data = try? channel.readOutbound(as: IOData.self) {
            if case .byteBuffer(let buffer) = data { bytes += buffer.readableBytesView }
        }
        let words = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        var rest = bytes.starts(with: words) ? bytes.dropFirst(words.count) : bytes[...]
        var frames: [WireFrame] = []
        while let frame = WireFrame(&rest) { frames.append(frame) }
        return frames
    }

    /// What was written since the last time, of one kind.
    func sent(_ kind: WireFrame.Kind) -> [WireFrame] { sent().filter { $0.kind == kind } }

    /// The fields of a request's head; each must be asked for, in order.
    func fields(of frame: WireFrame) throws -> HPACKHeaders {
        var block = ByteBuffer(bytes: frame.payload)
        return try headers.decodeHeaders(from: &block)
    }

    /// Each place is either held or was given back, once; with the connection all are gone.
    private func checkPlaces() {
        let count = told.freed + (isActive ? handler.streams.count : 0)
        #expect(isActive ? count == placeCount : count <= placeCount, "places given back")
    }

    private func check() {
        for (index, call) in calls.enumerated() { #expect(call.ends.count == 1, "call \(index): \(call.ends)") }
        #expect(handler.streams.isEmpty && handler.waiting.isEmpty && handler.touched.isEmpty)
    }
}

/// How often a stream ended, and how.
private final class EndLog: Sendable {
    private let log = Mutex<[LeaseEnd]>([])
    var ends: [LeaseEnd] { log.withLock { $0 } }
    func add(_ end: LeaseEnd) { log.withLock { $0.append(end) } }
}

/// What a connection tells its pool.
final class CallLog: Sendable {
    private let state = Mutex((freed: 0, sizes: [Int](), retired: 0, mayRetire: true))

    var freed: Int { state.withLock { $0.freed } }
    var sizes: [Int] { state.withLock { $0.sizes } }
    /// How often it asked whether it may end.
    var retired: Int { state.withLock { $0.retired } }

    func keep() { state.withLock { $0.mayRetire = false } }

    var callbacks: ConnectionCallbacks {
        ConnectionCallbacks(
            idleLifetime: .seconds(30), onFree: { _, _ in self.state.withLock { $0.freed += 1 } },
            retire: { _, _ in
                self.state.withLock { state in
                    state.retired += 1
                    return state.mayRetire
                }
            },
            resize: { _, streams in self.state.withLock { $0.sizes.append(streams) } })
    }
}
