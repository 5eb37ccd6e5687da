import LLMStreaming

/// All that admission knows of one lane: its queue, its gate, what its requests cost.
struct ModelLane: Sendable {
    let lane: Lane
    var queue = LaneQueue()
    var gate: Gate
    var tokens = TokenEstimator()
    /// Why it gets no more requests; nil where it does.
    var stopReason: String?
    /// What its next job waits for, and until when since the run's start; nil where it does not.
    var wait: (reason: WaitReason, until: Duration?)?

    init(_ lane: Lane, limits: ProviderLimits, most: Int) {
        self.lane = lane
        gate = Gate(limits, most: most)
    }

    /// Whether it has jobs that can be sent now, or may have.
    func hasDemand(at now: Int64) -> Bool {
        stopReason == nil && (queue.head != nil || queue.needsReading(at: now))
    }
}

extension Gate {
    /// A gate that keeps to the user's limits.
    init(_ limits: ProviderLimits, most: Int) {
        self.init(bound: min(most, limits.concurrency ?? most))
        if let requests = limits.requestsPerMinute {
            _ = rates.set(.requests, perMinute: Double(requests), at: .zero)
        }
        if let tokens = limits.tokensPerMinute { _ = rates.set(.tokens, perMinute: Double(tokens), at: .zero) }
    }
}
