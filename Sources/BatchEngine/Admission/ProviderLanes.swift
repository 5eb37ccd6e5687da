/// All that admission knows of one provider: its gate, whether it is out or refuses, and its lanes.
struct ProviderLanes: Sendable {
    let name: String
    var gate: Gate
    var outage = OutageBreaker()
    var refusals = RefusalStreak()
    var models: [ModelLane] = []
    /// Why it gets no more requests; nil where it does.
    var stopReason: String?
    /// What its jobs wait for, and until when since the run's start; nil where they do not.
    var wait: (reason: WaitReason, until: Duration?)?

    init(_ name: String, limits: ProviderLimits, most: Int) {
        self.name = name
        gate = Gate(limits, most: most)
    }

    /// Whether a request of any size and model may start.
    func admittance(at now: Duration) -> Admittance {
        let outage = outage.admittance(at: now)
        return outage == .now ? gate.admittance(at: now) : outage
    }

    /// Whether some of its jobs can be sent now, or may be.
    func hasDemand(at now: Int64) -> Bool { stopReason == nil && models.contains { $0.hasDemand(at: now) } }

    /// Whether its jobs must wait for longer than a free stream.
    func isPaused(at now: Duration) -> Bool {
        switch admittance(at: now) {
        case .later(_, .pause), .later(_, .outage), .later(_, .probe): true
        default: false
        }
    }
}
