/// How one endpoint of a provider stands in a run.
package struct EndpointSnapshot: Sendable, Equatable {
    package var provider: String
    /// Its URL, with the name of its key's variable where there are several keys.
    package var endpoint: String
    /// How many streams it should have.
    package var width: Int
    /// How many are open, and how many of them may never end.
    package var running: Int
    package var silent: Int
    /// Why the width stands where it does, or why nothing is sent.
    package var reason: String

    /// Of a provider's only endpoint, whose width is what the user allows, and of one of several.
    package static let mostAllowed = "the most allowed"
    static let share = "its share of the streams"

    /// The most that a monitor is told of: each is a series of its own.
    package static let mostMeasured = 1_000

    package init(provider: String, endpoint: String, width: Int, running: Int, silent: Int, reason: String) {
        self.provider = provider
        self.endpoint = endpoint
        self.width = width
        self.running = running
        self.silent = silent
        self.reason = reason
    }
}

extension [EndpointSnapshot] {
    /// Those of the providers of which they tell more than the number that the user gave: where there are several, or
    /// where a width is not just the most allowed.
    package var told: [EndpointSnapshot] {
        let pools = Dictionary(grouping: self, by: \.provider)
        return filter { endpoint in
            guard let all = pools[endpoint.provider] else { return false }
            return all.count > 1 || all.contains { !$0.reason.isEmpty && $0.reason != EndpointSnapshot.mostAllowed }
        }
    }
}

extension ProviderState {
    /// How its endpoints stand.
    func endpointSnapshots(at now: Duration) -> [EndpointSnapshot] {
        endpoints.map { endpoint in
            let bound = endpoint.limiter.window.bound
            let left = endpoint.limiter.limit(at: now)?.streams ?? bound
            return EndpointSnapshot(
                provider: name, endpoint: endpoint.name, width: min(bound, left), running: endpoint.limiter.running,
                silent: endpoint.limiter.silent.count, reason: endpoint.reason(left: left, isPool: isPool))
        }
    }
}

extension EndpointState {
    fileprivate func reason(left: Int, isPool: Bool) -> String {
        if let stopReason { return "stopped: \(stopReason)" }
        if outage.since != nil { return "out: \(outage.reason)" }
        if left < limiter.window.bound { return "what refusals have left of \(limiter.window.bound)" }
        if let found { return found.finder.reason.words }
        return isPool ? EndpointSnapshot.share : EndpointSnapshot.mostAllowed
    }
}
