import BatchEngine
package import LLMStreaming

extension BatchOptions {
    /// Refuses what cannot be meant; behind it arithmetic may trap.
    func verify() throws(BatchError) {
        for (name, value, bounds) in numbers {
            guard let value, !bounds.contains(value) else { continue }
            let bound =
                value < bounds.lowerBound ? "at least \(bounds.lowerBound)" : "at most \(bounds.upperBound)"
            throw BatchError(.configuration, "\(name) must be \(bound), not \(value)")
        }
        for (name, time) in times where time <= .zero {
            throw BatchError(.configuration, "\(name) must be longer than zero")
        }
        for (name, time) in [("drainTimeout", drainTimeout), ("lockWait", lockWait)] where time < .zero {
            throw BatchError(.configuration, "\(name) cannot be negative")
        }
        if let maximumCost, !Self.isAmount(maximumCost) {
            throw BatchError(.configuration, "maximumCost must be an amount of money above 0, not \(maximumCost)")
        }
        if WorkerShare(share) == nil {
            throw BatchError(
                .configuration,
                "share must be above 0 (at least \(WorkerShare.parts.lowerBound)) and at most 1, not \(share)")
        }
        try checkSharing()
        try checkPools()
        if checkCommand?.isEmpty == true { throw BatchError(.configuration, "checkCommand is empty") }
        if serviceTier?.isEmpty == true { throw BatchError(.configuration, "serviceTier is empty") }
        for (name, count) in concurrencyPerProvider where count > mostStreams {
            let bound = isConcurrencyAuto ? "concurrencyMaximum" : "concurrency"
            throw BatchError(
                .configuration,
                "concurrencyPerProvider: \(name)=\(count) is more than \(bound) \(mostStreams) allows in all")
        }
    }

    /// Checks that what bounds providers names some.
    package func check(_ catalog: ProviderCatalog) throws(ConfigurationError) {
        for (name, count) in concurrencyPerProvider.sorted(by: { $0.key < $1.key }) {
            let provider = String(name.prefix { $0 != "/" })
            guard catalog[provider] == nil else { continue }
            throw ConfigurationError(
                "--concurrency-per-provider \(name)=\(count): there is no provider '\(provider)'"
                    + NearestName.hint(for: provider, among: catalog.names))
        }
    }

    /// Streams that may be open at once.
    static let streams = 1...1_000_000_000
    /// What is counted.
    static let counts = 1...NumberGate.counts.upperBound

    /// How often a job may be run.
    package static let samplesOfAJob = 1...1000

    /// Whether a number is an amount of money that bounds something.
    static func isAmount(_ dollars: Double) -> Bool { dollars > 0 && NumberGate.dollars.contains(dollars) }

    private var numbers: [(String, Int?, ClosedRange<Int>)] {
        let counts = Self.counts
        let bytes = 1...NumberGate.bytes.upperBound
        let numbers: [(String, Int?, ClosedRange<Int>)] = [
            ("concurrency", concurrency, Self.streams),
            ("concurrencyMaximum", concurrencyMaximum, Self.streams), ("requestsPerMinute", requestsPerMinute, counts),
            ("tokensPerMinute", tokensPerMinute, counts), ("maximumTokens", maximumTokens, counts),
            ("maximumJobs", maximumJobs, counts), ("maximumRows", maximumRows, counts),
            ("sampledRows", sampledRows, counts), ("samples", samples, Self.samplesOfAJob),
            ("maximumAttempts", maximumAttempts, 1...1_000_000), ("maximumAnswers", maximumAnswers, Self.answersOfAJob),
            ("maximumLineBytes", maximumLineBytes, bytes), ("maximumEventBytes", maximumEventBytes, bytes),
        ]
        return numbers
            + concurrencyPerProvider.sorted { $0.key < $1.key }.map {
                ("concurrencyPerProvider: \($0.key)", $0.value, counts)
            }
    }

    private var times: [(String, Duration)] {
        [
            ("timeouts.connect", timeouts.connect), ("timeouts.firstToken", timeouts.firstToken),
            ("timeouts.idle", timeouts.idle), ("timeouts.stall", timeouts.stall),
            ("timeouts.job", timeouts.job ?? .seconds(1)), ("outageTimeout", outageTimeout),
            ("checkTimeout", checkTimeout), ("firstTokenTarget", firstTokenTarget ?? .seconds(1)),
        ]
    }
}
