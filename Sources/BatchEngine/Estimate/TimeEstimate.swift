/// How long jobs take at given limits: from empty answers to answers as long as their bounds.
package struct TimeEstimate: Sendable, Equatable {
    /// The tokens a second of a stream: a middling model's; what a server really gives is seen in `stats` only.
    package static let tokensPerSecond = 50.0

    /// What bounds the jobs of a provider.
    package enum Bound: Sendable, Equatable {
        case requestsPerMinute(Int)
        case tokensPerMinute(Int)
        case streams(Int)
    }

    /// Seconds.
    package private(set) var least = 0.0
    package private(set) var most = 0.0
    /// What the longer time comes from.
    package private(set) var bound: Bound

    /// Estimates the time of a provider's jobs.
    ///
    /// - Parameter concurrency: streams of the whole run; a provider has at most its own share.
    package init(_ work: WorkEstimate, limits: ProviderLimits, concurrency: Int) {
        let streams = max(1, min(limits.concurrency ?? concurrency, concurrency, work.requests))
        bound = .streams(streams)
        add(0...work.mostOutput / Self.tokensPerSecond / Double(streams), .streams(streams))
        if let rpm = limits.requestsPerMinute {
            let time = Double(work.requests) / Double(rpm) * 60
            add(time...time, .requestsPerMinute(rpm))
        }
        if let tpm = limits.tokensPerMinute {
            let input = work.inputTokens
            let time = input.lowerBound / Double(tpm) * 60...(input.upperBound + work.mostOutput) / Double(tpm) * 60
            add(time, .tokensPerMinute(tpm))
        }
    }

    private mutating func add(_ time: ClosedRange<Double>, _ bound: Bound) {
        least = max(least, time.lowerBound)
        guard time.upperBound > most else { return }
        most = time.upperBound
        self.bound = bound
    }
}
