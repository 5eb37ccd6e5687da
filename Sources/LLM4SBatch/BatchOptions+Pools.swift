import BatchEngine
import LLMStreaming

// Where jobs are sent, in which order, and how many at once (Contract, "Pools").
extension BatchOptions {
    /// The order in which jobs are sent.
    public enum JobOrder: String, Sendable, Hashable, CaseIterable {
        /// Those that begin alike next to each other, each to the endpoint that has their beginning.
        case prefix
        /// That of the input, each to the endpoint with the most room.
        case input
    }

    /// Whether the first of the jobs that begin alike goes alone to an endpoint, until its first token shows that what
    /// they have in common is cached there.
    public enum WarmFirst: String, Sendable, Hashable, CaseIterable {
        /// Where they have much in common.
        case auto
        /// Always.
        case on
        /// Never.
        case off
    }

    /// How much of the work an endpoint may be given, against others that get 1.
    package static let weightBounds = NumberGate.weights

    /// The most streams that may be open at once.
    package var mostStreams: Int { isConcurrencyAuto ? concurrencyMaximum : concurrency }

    /// Enters them into what the engine keeps to.
    func setPools(_ configuration: inout RunConfiguration) {
        configuration.concurrency = mostStreams
        configuration.width =
            isConcurrencyAuto ? .found(most: concurrencyMaximum, firstTokenTarget: firstTokenTarget) : .fixed
        configuration.order = order == .prefix ? .prefix : .input
        configuration.warmFirst =
            switch warmFirst {
            case .auto: .auto
            case .on: .on
            case .off: .off
            }
    }

    /// Enters them into the options that are stored.
    func storePools(_ object: inout JSONObject) {
        // As it was when there could be no more than one.
        object["base-url"] = baseURLs.count > 1 ? .array(baseURLs.map(JSON.string)) : baseURLs.first.map(JSON.string)
        if !weights.isEmpty {
            object["weight"] = .array(
                weights.sorted { $0.key < $1.key }.map { .string("\($0.key)=\(JSON.double($0.value).text)") })
        }
        if order != .prefix { object["order"] = .string(order.rawValue) }
        if warmFirst != .auto { object["warm-first"] = .string(warmFirst.rawValue) }
        object["concurrency"] = isConcurrencyAuto ? "auto" : .int(concurrency)
        if isConcurrencyAuto || concurrencyMaximum != BatchOptions().concurrencyMaximum {
            object["concurrency-max"] = .int(concurrencyMaximum)
        }
        object["ttft-target"] = firstTokenTarget.map(Self.text)
    }

    /// Refuses what cannot be meant.
    func checkPools() throws(BatchError) {
        for (url, weight) in weights.sorted(by: { $0.key < $1.key }) where !Self.weightBounds.contains(weight) {
            let shown = Origin.split(url: url).map { "\($0.origin)\($0.path)" } ?? "an endpoint"
            throw BatchError(
                .configuration,
                "weights: that of \(shown) must be from 0.000001 to 1000000, not \(weight)")
        }
    }
}
