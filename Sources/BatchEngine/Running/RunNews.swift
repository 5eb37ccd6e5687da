/// What a run has told of itself, and what is new since.
struct RunNews: Sendable {
    private var waits: [RunWait] = []
    private var stops: Set<String> = []

    /// The waits that are new, but for the short ones that are the rule at a rate.
    mutating func waits(
        of admission: borrowing Admission, at now: Duration, unixMilliseconds: () -> Int64
    ) -> [RunEvent] {
        let found = admission.waits(at: now, unixMilliseconds: unixMilliseconds()) { reason, until in
            switch reason {
            case .pause, .outage, .budget: true
            default: until ?? .zero > now + .seconds(5)
            }
        }
        guard !found.isEmpty || !waits.isEmpty else { return [] }
        defer { waits = found }
        return found.filter { wait in !waits.contains { $0.isSame(as: wait) } }.map(RunEvent.waiting)
    }

    /// The limits that headers changed, and what gets no more requests.
    mutating func changes(of admission: inout Admission) -> [RunEvent] {
        guard !admission.limitChanges.isEmpty || admission.lanes.stopCount > stops.count else { return [] }
        var events = admission.limitChanges.map {
            RunEvent.limitChanged(name: $0.name, resource: $0.resource, perMinute: $0.perMinute)
        }
        admission.limitChanges = []
        for (name, reason) in admission.lanes.stopReasons.sorted(by: { $0.key < $1.key })
        where stops.insert(name).inserted { events.append(.stopped(name: name, reason: reason)) }
        return events
    }
}
