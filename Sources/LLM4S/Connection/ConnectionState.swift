import NIOCore

/// What a connection is doing, and what is to be done about what happens to it.
///
/// A value that reads no clock and touches no socket: its handler tells it what happened and carries out the actions.
struct ConnectionState {
    enum Phase {
        /// No exchange; one may begin.
        case ready(since: NIODeadline)
        case streaming(ActiveStream)
        /// The connection is gone; the last chunks wait for room.
        case lost(ActiveStream)
        /// The result is out; the rest of the body is read away so that the connection can serve again.
        case draining(since: NIODeadline, remainingBytes: Int)
        case closed
    }

    /// What is to be done.
    enum Action {
        /// Nothing, until something happens or the deadline comes.
        case wait
        /// To hand on what was decoded, and the result once nothing is left.
        case advance(ActiveStream)
        /// To give the connection back: another exchange may begin.
        case giveBack
        /// To close the socket if the pool lets go of the connection.
        case retire
        /// To close the socket.
        case close
    }

    /// How long the rest of a body is read away.
    static let drainTime = TimeAmount.seconds(1)
    /// How far it is.
    private static let maximumDrainBytes = 64 << 10

    private(set) var phase: Phase
    /// How many exchanges have begun; the number of the last one tells it from those before.
    private(set) var exchangeCount = 0
    /// How the connection ends, as far as is known.
    var loss = ConnectionLoss.closed
    /// The wait for the first byte of a response.
    private var responseWait: ResponseWait?

    /// The stream that has no result yet.
    var stream: ActiveStream? {
        switch phase {
        case .streaming(let stream), .lost(let stream): stream
        case .ready, .draining, .closed: nil
        }
    }

    /// Whether an exchange has begun.
    var hasServed: Bool { exchangeCount > 0 }

    /// How long the last request waited for the first byte of its response.
    var responseSeconds: Double? { responseWait?.responseSeconds }

    // MARK: Exchanges

    /// A connection that stands, and has served nobody.
    init(at now: NIODeadline) { phase = .ready(since: now) }

    /// Begins an exchange; false where none may begin.
    mutating func begin(_ stream: ActiveStream, at now: NIODeadline) -> Bool {
        guard case .ready = phase else { return false }
        // How soon a page comes says nothing of how soon answers do.
        responseWait = stream.exchange.isPage ? nil : ResponseWait(isFirst: !hasServed, at: now)
        exchangeCount += 1
        phase = .streaming(stream)
        return true
    }

    /// Takes a piece of a body that no stream waits for.
    mutating func drain(_ byteCount: Int) -> Action {
        switch phase {
        case .draining(let since, let remainingBytes) where byteCount <= remainingBytes:
            phase = .draining(since: since, remainingBytes: remainingBytes - byteCount)
            return .wait
        case .draining, .ready: return close()
        case .streaming, .lost, .closed: return .wait
        }
    }

    /// Takes the end of the body of the response whose head came last.
    mutating func endBody(at now: NIODeadline) -> Action {
        switch phase {
        case .streaming(let stream):
            stream.isBodyEnded = true
            stream.exchange.receiveEnd(at: now)
            return .wait
        case .draining:
            phase = .ready(since: now)
            return .giveBack
        case .ready: return close()
        case .lost, .closed: return .wait
        }
    }

    /// Records that the result of a stream is out; decides what becomes of the connection.
    mutating func finish(_ stream: ActiveStream, at now: NIODeadline) -> Action {
        guard case .streaming = phase else {
            phase = .closed
            return .wait
        }
        guard stream.isRequestSent, stream.isKeptAlive, stream.exchange.outcome?.leavesConnectionInOrder == true else {
            return close()
        }
        guard stream.isBodyEnded else {
            phase = .draining(since: now, remainingBytes: Self.maximumDrainBytes)
            return .wait
        }
        phase = .ready(since: now)
        return .giveBack
    }

    /// The socket has closed.
    mutating func disconnect(at now: NIODeadline) -> Action {
        switch phase {
        case .streaming(let stream):
            stream.exchange.connectionLost(loss, at: now)
            phase = .lost(stream)
            return .advance(stream)
        case .ready, .draining:
            phase = .closed
            return .wait
        case .lost, .closed: return .wait
        }
    }

    /// The connection serves no more.
    mutating func close() -> Action {
        phase = .closed
        return .close
    }

    // MARK: Clocks

    /// When the phase has lasted too long.
    ///
    /// - Parameter idleLifetime: how long the connection is kept without a stream.
    @inline(__always)  // Asked once a read; a call would copy the state.
    func deadline(idleLifetime: TimeAmount) -> NIODeadline? {
        switch phase {
        case .streaming(let stream):
            // Looked at with each read; nothing is reported once a response comes.
            if let report = responseWait?.nextReport {
                min(report, stream.exchange.clock.deadline ?? report)
            } else {
                stream.exchange.clock.deadline
            }
        case .draining(let since, _): since + Self.drainTime
        case .ready(let since): since + idleLifetime
        case .lost, .closed: nil
        }
    }

    /// The deadline has come.
    mutating func expire(at now: NIODeadline) -> Action {
        switch phase {
        case .streaming(let stream):
            if stream.exchange.clock.isExpired(at: now) { stream.exchange.expire(at: now) }
            return .advance(stream)
        case .draining: return close()
        case .ready: return .retire
        case .lost, .closed: return .wait
        }
    }

    /// How long a new connection's request has waited for its response, where the pool is to be told.
    mutating func waitToReport(at now: NIODeadline) -> Double? {
        guard case .streaming = phase else { return nil }
        return responseWait?.waitToReport(at: now)
    }

    /// The first byte of a response is there, or none will come.
    ///
    /// - Returns: whether the pool had been told of the wait.
    mutating func endWait(at now: NIODeadline) -> Bool { responseWait?.end(at: now) ?? false }
}

/// How long a request waits for the first byte of its response.
///
/// The first request of a connection says so each second: the server may not have taken the connection yet.
struct ResponseWait {
    private let start: NIODeadline
    /// When the pool is told next; nil where the connection has served before.
    private(set) var nextReport: NIODeadline?
    private var hasReported = false
    /// The wait, once it is over.
    private(set) var responseSeconds: Double?

    private static let interval = TimeAmount.seconds(1)

    /// - Parameter isFirst: whether the connection has not served before.
    init(isFirst: Bool, at now: NIODeadline) {
        start = now
        nextReport = isFirst ? now + Self.interval : nil
    }

    /// The time waited so far, where it is to be told; nil otherwise.
    mutating func waitToReport(at now: NIODeadline) -> Double? {
        guard let due = nextReport, due <= now else { return nil }
        nextReport = now + Self.interval
        hasReported = true
        return seconds(now)
    }

    /// Records that the wait is over; a second time changes nothing.
    ///
    /// - Returns: whether the pool has been told of the wait.
    mutating func end(at now: NIODeadline) -> Bool {
        guard responseSeconds == nil else { return false }
        responseSeconds = seconds(now)
        nextReport = nil
        return hasReported
    }

    private func seconds(_ now: NIODeadline) -> Double { Double((now - start).nanoseconds) / 1e9 }
}
