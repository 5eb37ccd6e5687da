import LLMStreaming
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOHTTP2
import SharedMaterial
import Synchronization

@testable import LLM4S

/// A connection of HTTP/2 without a socket and what is known of its streams: each ends once, and gives its place back.
final class FramesConnection {
    private let channel = EmbeddedChannel()
    private let handler: HTTP2Connection
    private let endpoint: Endpoint
    private let pool: ConnectionPool
    private let freed = Counter()
    private let receiver = Receiver()
    private var attempts: [(attempt: StreamAttempt, ends: Counter)] = []
    private var placeCount = 0
    /// Into how large pieces bytes are cut, at most; 0 for not at all.
    var pieces = 0
    private var random = SplitMix64(state: 1)

    init() throws {
        endpoint = try Endpoint(
            provider: Provider(name: "lab", dialect: .openAIChat, baseURL: "http://lab.example/v1", needsKey: false),
            environment: [:])
        pool = ConnectionPool(group: channel.embeddedEventLoop, configuration: TransportConfiguration())
        let promise = channel.eventLoop.makePromise(of: Connection.self)
        let freed = freed
        let callbacks = ConnectionCallbacks(
            idleLifetime: .seconds(30), onFree: { _, _ in freed.add() }, retire: { _, _ in true })
        handler = HTTP2Connection(
            id: 1, origin: endpoint.origin, callbacks: callbacks, on: channel.eventLoop, ready: promise)
        promise.futureResult.whenFailure { _ in }
        try channel.pipeline.syncOperations.addHandlers(HTTP2Connection.codec(), handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 80)).wait()
    }

    /// Begins a stream, as a pool would: on a connection that stands.
    func begin(bodyBytes: Int) {
        guard handler.connection != nil, attempts.count < 50 else { return }
        let body = Array(repeating: UInt8(ascii: "p"), count: bodyBytes)
        let attempt = StreamAttempt(
            ProviderRequest(body: body, choices: 1), to: endpoint, receiver: receiver, pool: pool,
            timeouts: StreamTimeouts(), start: channel.embeddedEventLoop.now)
        let ends = Counter()
        attempts.append((attempt, ends))
        placeCount += 1
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/v1", headers: ["host": "a"])
        handler.begin(attempt, path: "/v1", head: head) { _ in ends.add() }
    }

    func cancel(_ index: Int) {
        if attempts.indices.contains(index) { handler.cancel(ObjectIdentifier(attempts[index].attempt)) }
    }

    func wait(seconds: Int) { channel.embeddedEventLoop.advanceTime(by: .seconds(Int64(seconds))) }

    func setRoom(_ hasRoom: Bool) { receiver.setRoom(hasRoom) }

    func setWritable(_ isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
    }

    func receive(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = pieces <= 0 ? rest.count : Int(random.next() % UInt64(pieces)) + 1
            // Errors that travel through the pipeline are the handler's matter.
            _ = try? channel.writeInbound(ByteBuffer(bytes: rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
    }

    /// Each place is held or was given back, and no window is overrun.
    func check() throws {
        channel.embeddedEventLoop.run()
        while (try? channel.readOutbound(as: IOData.self)) != nil {}
        let count = freed.count + (channel.isActive ? handler.streams.count : 0)
        guard channel.isActive ? count == placeCount : count <= placeCount else {
            throw Contradiction(description: "\(placeCount) places, \(count) held or given back")
        }
        guard handler.streams.values.allSatisfy({ $0.room >= 0 }), attempts.allSatisfy({ $0.ends.count <= 1 }) else {
            throw Contradiction(description: "a window below zero, or a stream that ended twice")
        }
    }

    /// Closes the connection; all that began must have ended.
    func end() throws {
        receiver.setRoom(true)
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
        try check()
        _ = try? channel.finish(acceptAlreadyClosed: true)
        guard attempts.allSatisfy({ $0.ends.count == 1 }), handler.streams.isEmpty, handler.waiting.isEmpty else {
            throw Contradiction(description: "a stream without an end: \(attempts.map(\.ends.count))")
        }
    }
}

private final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func add() { value.withLock { $0 += 1 } }
}

/// Takes chunks, and can be full.
private final class Receiver: ChunkReceiver {
    private let state = Mutex((hasRoom: true, waiting: [@Sendable () -> Void]()))

    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool {
        state.withLock { $0.hasRoom }
    }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) {
        let hasRoom = state.withLock { state in
            if !state.hasRoom { state.waiting.append(resume) }
            return state.hasRoom
        }
        if hasRoom { resume() }
    }

    func setRoom(_ hasRoom: Bool) {
        let waiting = state.withLock { state in
            state.hasRoom = hasRoom
            defer { if hasRoom { state.waiting = [] } }
            return hasRoom ? state.waiting : []
        }
        for resume in waiting { resume() }
    }
}
