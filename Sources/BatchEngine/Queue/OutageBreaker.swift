import LLMStreaming

/// Distinguishes a provider or a model that is out from jobs that fail: half of the last 20 attempts of different jobs failed
/// by connection or 5xx.
///
/// While it is out one probe at a time goes out, after 5 s, and after twice as long each time, up to 60 s.
struct OutageBreaker: Sendable {
    private struct Outage {
        var since: Duration
        var nextProbe: Duration
        var interval: Duration
        /// The job that probes.
        var probe: Int64?
        /// What the newest attempt failed with.
        var reason: String
        /// The number among all attempts of the second of those that failed: the first may have been sent long before.
        ///
        /// What was sent after it and is answered shows that the failures are those of a part; what was sent before may
        /// be of the time before.
        let order: Int
    }

    /// How an attempt ended.
    private struct Attempt {
        var jobID: Int64
        /// Which of the provider's models it was of.
        var model: Int
        /// Its number among all attempts.
        var order: Int
        var isFailure: Bool
    }

    private static let window = 20
    private static let firstInterval = Duration.seconds(5)
    static let longestInterval = Duration.seconds(60)
    /// So many failures in a row, and a model does not answer.
    private static let inARow = 3

    /// The newest attempts of different jobs, the newest last.
    private var attempts: [Attempt] = []
    private var outage: Outage?

    /// Since when it is out; nil where it is not.
    var since: Duration? { outage?.since }
    /// What the newest attempt failed with.
    var reason: String { outage?.reason ?? "" }

    func decision(at now: Duration) -> StartDecision {
        guard let outage else { return .now }
        return outage.nextProbe <= now ? .now : .later(outage.nextProbe, .outage)
    }

    /// The models of which an attempt failed.
    var failingModels: Set<Int> { Set(attempts.filter(\.isFailure).map(\.model)) }

    /// Whether a model answers, as far as the newest attempts show.
    func isAnswering(_ model: Int) -> Bool {
        let own = attempts.filter { $0.model == model }
        let newest = own.suffix(Self.inARow)
        return !own.allSatisfy(\.isFailure) && !(newest.count == Self.inARow && newest.allSatisfy(\.isFailure))
    }

    /// Records how an attempt ended while it was not out.
    ///
    /// - Returns: whether half of the last ones failed.
    mutating func add(_ jobID: Int64, _ attempt: AdmittedAttempt, isFailure: Bool) -> Bool {
        attempts.removeAll { $0.jobID == jobID }
        attempts.append(
            Attempt(jobID: jobID, model: attempt.place.model, order: attempt.order, isFailure: isFailure))
        if attempts.count > Self.window { attempts.removeFirst() }
        return isFailure && attempts.count(where: \.isFailure) * 2 >= Self.window
    }

    /// Records that it is out.
    ///
    /// - Parameters:
    ///   - since: from when on; earlier than now where it was found out only now which model it is that is out.
    mutating func begin(since: Duration, nextProbe: Duration? = nil, reason: String, at now: Duration) {
        let failed = attempts.filter(\.isFailure).map(\.order).sorted()
        outage = Outage(
            since: since, nextProbe: nextProbe ?? now + Self.firstInterval, interval: Self.firstInterval, probe: nil,
            reason: reason, order: failed.isEmpty ? 0 : failed[min(1, failed.count - 1)])
    }

    /// Records the start of a request, which while it is out is a probe.
    ///
    /// - Parameters:
    ///   - probeTimeout: how long it may be without an answer before another follows.
    ///   - longest: the longest time between two probes.
    mutating func start(
        _ jobID: Int64, probeTimeout: Duration, longest: Duration = Self.longestInterval, at now: Duration
    ) {
        outage?.probe = jobID
        outage?.nextProbe = now + min(probeTimeout, longest)
    }

    /// Whether an answer to a request shows that it is over.
    func isOver(byAnswerTo attempt: AdmittedAttempt) -> Bool { outage.map { attempt.order > $0.order } ?? false }

    /// Leaves out a time in which nothing could show whether it is still out.
    mutating func leaveOut(_ time: Duration) { outage?.since += time }

    /// It is not out any more.
    mutating func end() {
        outage = nil
        attempts = []
    }

    /// Records an attempt that failed by connection or 5xx while it is out.
    ///
    /// - Parameter longest: the longest time between two probes.
    mutating func failed(
        _ jobID: Int64, reason: String, longest: Duration = Self.longestInterval, at now: Duration
    ) {
        guard var outage else { return }
        outage.reason = reason
        if outage.probe == jobID {
            outage.probe = nil
            outage.interval = min(longest, outage.interval * 2)
            outage.nextProbe = now + outage.interval
        }
        self.outage = outage
    }

    /// Records that an attempt ended without a word about the provider; where it was the probe, another follows.
    mutating func gaveUp(_ jobID: Int64, at now: Duration) {
        guard let interval = outage?.interval, outage?.probe == jobID else { return }
        outage?.probe = nil
        outage?.nextProbe = now + interval
    }
}

/// The connections whose loss is known: each is one failure, however many streams it carried.
///
/// The streams of connections that are lost together end in any order.
struct RecentLosses: Sendable {
    private static let maximumCount = 64
    private var connections: [UInt64] = []

    /// - Parameter connection: nil for none, which is never known.
    func contains(_ connection: UInt64?) -> Bool { connection.map(connections.contains) ?? false }

    mutating func add(_ connection: UInt64?) {
        guard let connection else { return }
        connections.append(connection)
        if connections.count > Self.maximumCount { connections.removeFirst() }
    }
}

/// What an attempt's failure says about whether its provider is out.
enum OutageEvidence {
    /// It cannot be reached or fails.
    case failure
    /// It answered, if only with a refusal.
    case alive
    /// Nothing: the attempt was given up, or broke in the midst of an answer.
    case none
}

extension LLMError {
    /// What this failure of an attempt says.
    ///
    /// A server that says when to come back is not out, and one that is overloaded gets fewer streams instead. A stream
    /// that broke after some content is no sign either way: some streams are too long for what stands between.
    func outageEvidence(hasContent: Bool) -> OutageEvidence {
        if kind == .cancelled { return .none }
        if let retryAfter, retryAfter > .zero { return .alive }
        if httpStatus == 529 { return .alive }
        if let httpStatus { return httpStatus >= 500 ? .failure : .alive }
        if code == LLMError.refusedStreamCode { return .alive }
        switch kind {
        case .dns, .connect, .tls, .proxy, .timeoutConnect: return .failure
        case .cut, .server, .overloaded: return hasContent ? .none : .failure
        case .timeoutFirstToken, .timeoutIdle, .timeoutStall, .timeoutJob: return .none
        default: return .alive
        }
    }
}
