import LLMStreaming

/// All that admission knows of one model of a provider: its queue, and what its requests cost.
///
/// A class, with one owner: it is looked at many times a job, and a value would be copied for many of the looks.
final class ModelState {
    let name: ModelName
    var queue: ModelQueue
    /// The streams that are open at all endpoints.
    var running = 0
    /// The most of them, where there are several endpoints; nil where its endpoint bounds them.
    var bound: Int?
    var tokens = TokenEstimator()
    /// Its service tiers without capacity.
    var fullTiers = FullTiers()
    /// How long its answers were silent.
    var silences = Silences()
    /// How long its streams may be silent, as of the last look at them.
    private(set) var silenceBound = Duration.zero
    /// Its newest attempt's number among all attempts of the run.
    var lastStart = 0
    /// Why it gets no more requests; nil where it does.
    var stopReason: String?
    /// What its next job waits for, and until when since the run's start; nil where it does not.
    var wait: (reason: WaitReason, until: Duration?)?
    /// What the next job would have set aside: the request is read for it, which is not to be done at every look.
    private var expected: (jobID: Int64, bytes: Int, largestOutput: Double, reservation: Reservation)?

    /// - Parameter queue: without a job yet.
    init(_ name: ModelName, queue: ModelQueue) {
        self.name = name
        self.queue = queue
    }

    /// Whether a request to it may start wherever it is; nil where nothing bounds that.
    var totalDecision: StartDecision? { bound.map { running >= $0 ? .held(.concurrency) : .now } }

    /// Whether it has jobs that can be sent now, or may have.
    func hasDemand(at now: Int64) -> Bool {
        stopReason == nil && (!queue.isEmpty || queue.needsReading(at: now))
    }

    /// Its open streams are about to be looked at.
    func beginLook() { silenceBound = silences.bound }

    /// Whether jobs of it are left.
    var hasWork: Bool { !queue.isEmpty || !queue.waiting.isEmpty || queue.isFreshUnread }

    /// The bytes of the next job's request, with the text that it goes on from, and the size that they make expect.
    var nextSize: (bytes: Int, size: RequestSize)? {
        queue.withHead { $0.expectedBytes }.map { ($0, tokens.size(bytes: $0)) }
    }

    /// What the next job would have set aside; nothing where the user bounds nothing.
    func reservation(by ledger: Ledger) -> Reservation {
        guard ledger.isBounded else {
            return queue.withHead { Reservation(unboundedBytes: $0.expectedBytes) } ?? .none
        }
        let largest = tokens.largestOutput
        guard let (id, bytes) = queue.withHead({ ($0.id, $0.expectedBytes) }) else { return .none }
        // A job that comes again brings the text that it goes on from.
        if let expected, (expected.jobID, expected.bytes, expected.largestOutput) == (id, bytes, largest) {
            return expected.reservation
        }
        let reservation = queue.withHead { ledger.reservation(for: $0, of: name, largestOutput: largest) } ?? .none
        expected = (id, bytes, largest, reservation)
        return reservation
    }
}

extension Job {
    /// What its next request has to say, in bytes.
    package var expectedBytes: Int { request.count + (partial?.answer.text.utf8.count ?? 0) }
}

extension RequestLimiter {
    /// A limiter that keeps to the user's limits.
    ///
    /// - Parameters:
    ///   - most: the most streams that it may have.
    ///   - share: of the rates; the streams are this worker's own.
    ///   - phase: see `CurrentShare`.
    init(_ limits: ProviderLimits, most: Int, share: WorkerShare, phase: Double) {
        self.init(
            bound: min(most, limits.concurrency ?? most), learnsRate: limits.learnsRate, share: share, phase: phase)
        if let requests = limits.requestsPerMinute {
            _ = rates.set(.requests, perMinute: Double(requests), at: .zero)
        }
        if let tokens = limits.tokensPerMinute { _ = rates.set(.tokens, perMinute: Double(tokens), at: .zero) }
    }
}

/// The service tiers of a model that have no capacity: since when, and whether its other requests are answered.
struct FullTiers: Sendable {
    private struct Tier: Sendable {
        var since: Duration
        /// Whether a request that did not ask for it was answered since.
        var areOthersAnswered = false
    }

    /// By name, those without an answer since a refusal.
    private var tiers: [String: Tier] = [:]

    /// Records a refusal for want of capacity.
    ///
    /// - Returns: since when there is none, and whether others are answered.
    mutating func refused(_ tier: String, at now: Duration) -> (since: Duration, areOthersAnswered: Bool) {
        let known = tiers[tier.lowercased()] ?? Tier(since: now)
        tiers[tier.lowercased()] = known
        return (known.since, known.areOthersAnswered)
    }

    /// Leaves out a time in which nothing was sent.
    mutating func leaveOut(_ time: Duration) {
        for name in tiers.keys { tiers[name]?.since += time }
    }

    /// Records that a request was answered.
    ///
    /// - Parameter tier: the one that it asked for.
    mutating func answered(_ tier: String?) {
        guard !tiers.isEmpty else { return }
        if let tier { tiers[tier.lowercased()] = nil }
        for name in tiers.keys { tiers[name]?.areOthersAnswered = true }
    }
}
