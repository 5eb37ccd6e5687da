/// All that admission knows of one provider: its gate, whether it is out or refuses, and its lanes.
///
/// A class, with one owner, as its lanes are.
final class ProviderLanes {
    let name: String
    var gate: Gate
    var outage = OutageBreaker()
    /// While it is out: its models of which an attempt failed.
    var failingModels: Set<Int> = []
    /// The probes that were sent while it was out.
    var probes = 0
    var refusals = RefusalStreak()
    var models: [ModelLane] = []
    /// Its newest try's place among all tries of the run.
    var lastStart = 0
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

    /// Whether its jobs must wait for longer than a free stream.
    func isPaused(at now: Duration) -> Bool {
        switch admittance(at: now) {
        case .later(_, .pause), .later(_, .outage), .later(_, .probe): true
        default: false
        }
    }

    /// The most streams that it can use at the moment.
    func neededStreams(at now: Duration) -> Int {
        let ofModels = models.reduce(0) { sum, model in
            guard model.stopReason == nil, model.outage.since == nil, !model.gate.isPaused(at: now) else { return sum }
            return sum + (model.gate.neededStreams(at: now) ?? model.gate.width.streams(at: now))
        }
        return min(gate.neededStreams(at: now) ?? gate.width.streams(at: now), ofModels)
    }
}
