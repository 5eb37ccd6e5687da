import NIOCore
import Synchronization

/// Counts what the event loops do and keeps the requests if configured: the one place that threads share.
final class TrafficLedger: Sendable {
    private struct State {
        var statistics = MockStatistics()
        var requests: [MockRequest] = []
        /// The bytes sent of the responses in progress.
        var sent: [Int: [UInt8]] = [:]
        /// The requests in progress, for the log.
        var logged: [Int: MockRequest] = [:]
    }

    private let keepsRequests: Bool
    private let keepsResponses: Bool
    private let log: RequestLog?
    private let state = Mutex(State())
    /// The body bytes of all responses together after which all are held.
    private let hold = Atomic(Int.max)

    init(keepsRequests: Bool, keepsResponses: Bool, log: RequestLog?) {
        self.keepsRequests = keepsRequests
        self.keepsResponses = keepsRequests && keepsResponses
        self.log = log
    }

    /// Whether responses are recorded, so that `responseEnded` must be called.
    var recordsResponses: Bool { keepsResponses || log != nil }

    var statistics: MockStatistics { state.withLock { $0.statistics } }
    var requests: [MockRequest] { state.withLock { $0.requests } }

    /// Counts a connection and returns its number.
    func connectionOpened() -> Int {
        state.withLock {
            $0.statistics.openConnections += 1
            $0.statistics.connectionsAccepted += 1
            return $0.statistics.connectionsAccepted - 1
        }
    }

    func connectionClosed() {
        state.withLock { $0.statistics.openConnections -= 1 }
    }

    /// Counts a request, keeps it if configured, and returns it; `make` gets its number.
    func requestReceived(_ make: (Int) -> MockRequest) -> MockRequest {
        // The number is taken and the request stored under one lock: a request's number is its index.
        state.withLock {
            let request = make($0.statistics.requests)
            $0.statistics.requests += 1
            if keepsRequests { $0.requests.append(request) }
            if log != nil { $0.logged[request.number] = request }
            return request
        }
    }

    func streamStarted() {
        state.withLock {
            $0.statistics.activeStreams += 1
            $0.statistics.maximumConcurrentStreams = max(
                $0.statistics.maximumConcurrentStreams, $0.statistics.activeStreams)
        }
    }

    /// Counts the end of a response.
    func streamEnded(request: Int, closedByClient: Bool) {
        state.withLock {
            $0.statistics.activeStreams -= 1
            guard closedByClient else { return }
            $0.statistics.clientsClosedEarly += 1
            if keepsRequests { $0.requests[request].wasClosedByClient = true }
        }
    }

    /// Records the end of a response; `make` gets the bytes of its body.
    func responseEnded(request: Int, _ make: ([UInt8]) -> ResponseRecord) {
        guard recordsResponses else { return }
        let (bytes, logged) = state.withLock {
            ($0.sent.removeValue(forKey: request) ?? [], $0.logged.removeValue(forKey: request))
        }
        let record = make(bytes)
        if keepsResponses { state.withLock { $0.requests[request].response = record } }
        if let logged { log?.write(logged, record) }
    }

    func bodyWritten(_ bytes: ByteBuffer, request: Int) {
        state.withLock {
            $0.statistics.bodyBytesWritten += bytes.readableBytes
            if keepsRequests { $0.requests[request].bodyBytesWritten += bytes.readableBytes }
            if recordsResponses { $0.sent[request, default: []].append(contentsOf: bytes.readableBytesView) }
        }
    }

    /// Whether responses are held for a test.
    var isHeld: Bool {
        let limit = hold.load(ordering: .relaxed)
        return limit != .max && statistics.bodyBytesWritten >= limit
    }

    func hold(afterBodyBytes limit: Int?) { hold.store(limit ?? .max, ordering: .relaxed) }

    func streamBlocked() {
        state.withLock { $0.statistics.blockedStreams += 1 }
    }

    func streamUnblocked() {
        state.withLock { $0.statistics.blockedStreams -= 1 }
    }
}

/// What a mock server counted.
package struct MockStatistics: Sendable, Hashable {
    /// Requests received for answers and for stored runs.
    package internal(set) var requests = 0
    /// Connections accepted since the start.
    package internal(set) var connectionsAccepted = 0
    /// Connections open now.
    package internal(set) var openConnections = 0
    /// Responses in progress now, with silent ones and bodies left open.
    package internal(set) var activeStreams = 0
    /// The most responses that were in progress at once.
    package internal(set) var maximumConcurrentStreams = 0
    /// Responses that wait now because their socket, or the client's window of their stream, takes no more.
    package internal(set) var blockedStreams = 0
    /// Responses whose client closed the connection, or reset the stream, before their end.
    package internal(set) var clientsClosedEarly = 0
    /// Bytes of response bodies given to the sockets; of each body at most 32 KiB still wait in this process, and of each
    /// connection of HTTP/2 at most 128 KiB.
    package internal(set) var bodyBytesWritten = 0
}
