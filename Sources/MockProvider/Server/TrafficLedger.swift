import Synchronization

/// Counts what the event loops do and keeps the requests if asked to: the one place that threads share.
final class TrafficLedger: Sendable {
    private struct State {
        var statistics = MockStatistics()
        var requests: [MockRequest] = []
    }

    private let keepsRequests: Bool
    private let state = Mutex(State())

    init(keepsRequests: Bool) {
        self.keepsRequests = keepsRequests
    }

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

    /// Counts a request, keeps it if asked to, and returns it; `make` gets its number.
    func requestReceived(_ make: (Int) -> MockRequest) -> MockRequest {
        // The number is taken and the request stored under one lock: a request's number is its index.
        state.withLock {
            let request = make($0.statistics.requests)
            $0.statistics.requests += 1
            if keepsRequests { $0.requests.append(request) }
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

    func bodyWritten(_ bytes: Int, request: Int) {
        state.withLock {
            $0.statistics.bodyBytesWritten += bytes
            if keepsRequests { $0.requests[request].bodyBytesWritten += bytes }
        }
    }

    func streamBlocked() {
        state.withLock { $0.statistics.blockedStreams += 1 }
    }

    func streamUnblocked() {
        state.withLock { $0.statistics.blockedStreams -= 1 }
    }
}
