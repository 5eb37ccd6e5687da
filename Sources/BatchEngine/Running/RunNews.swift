/// What a run has told of itself, and what is new since.
struct RunNews: Sendable {
    private var waits: [RunWait] = []
    private var stops: Set<String> = []
    /// When limits that refusals set were told last, and whether streams were silent then.
    private var limits: [String: (time: Duration, hasSilent: Bool)] = [:]

    /// Such limits come and go with each answer.
    private static let limitInterval = Duration.seconds(60)

    /// The waits that are new, but for the short ones that are the rule at a rate.
    mutating func waits(
        of admission: borrowing Admission, at now: Duration, unixMilliseconds: () -> Int64
    ) -> [RunEvent] {
        let found = admission.waits(at: now, unixMilliseconds: unixMilliseconds()) { reason, until in
            switch reason {
            case .pause, .outage, .budget, .refusals: true
            default: until ?? .zero > now + .seconds(5)
            }
        }
        guard !found.isEmpty || !waits.isEmpty else { return [] }
        defer { waits = found }
        var events: [RunEvent] = []
        for wait in found where isNew(wait, at: now) { events.append(.waiting(wait)) }
        return events
    }

    private mutating func isNew(_ wait: RunWait, at now: Duration) -> Bool {
        guard let limit = wait.limit else { return !waits.contains { $0.isSame(as: wait) } }
        let hasSilent = limit.silent > 0
        if let told = limits[wait.name], now - told.time < Self.limitInterval, told.hasSilent || !hasSilent {
            return false
        }
        limits[wait.name] = (now, hasSilent)
        return true
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
