/// What a run has told of itself, and what is new since.
struct RunNews: Sendable {
    private var waits: [RunWait] = []
    private var stops: Set<String> = []
    /// When limits that refusals set were told last, and whether streams were silent then.
    private var limits: [String: (time: Duration, hasSilent: Bool)] = [:]
    /// When a wait of a name and reason was told last, until when it was, and how many alike there were since.
    private var told: [Told: (time: Duration, until: Int64, untold: Int)] = [:]

    private struct Told: Hashable {
        var name: String
        var reason: WaitReason
    }

    /// Such limits come and go with each answer, and in a storm each refusal pauses everybody.
    private static let interval = Duration.seconds(60)

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
        for var wait in found where isNew(wait, at: now) {
            wait.untold = told[Told(name: wait.name, reason: wait.reason)]?.untold ?? 0
            events.append(.waiting(wait))
            note(wait, at: now)
        }
        return events
    }

    private mutating func isNew(_ wait: RunWait, at now: Duration) -> Bool {
        guard let limit = wait.limit else {
            if waits.contains(where: { $0.isSame(as: wait) }) { return false }
            let key = Told(name: wait.name, reason: wait.reason)
            guard let last = told[key], now - last.time < Self.interval else { return true }
            // One that is longer by a minute is news.
            if let until = wait.untilMilliseconds, until - last.until >= Self.interval.wholeMilliseconds { return true }
            told[key]?.untold += 1
            return false
        }
        let hasSilent = limit.silent > 0
        if let told = limits[wait.name], now - told.time < Self.interval, told.hasSilent || !hasSilent {
            return false
        }
        limits[wait.name] = (now, hasSilent)
        return true
    }

    private mutating func note(_ wait: RunWait, at now: Duration) {
        guard wait.limit == nil else { return }
        told[Told(name: wait.name, reason: wait.reason)] = (now, wait.untilMilliseconds ?? 0, 0)
    }

    /// The limits that headers changed, and what gets no more requests.
    mutating func changes(of admission: inout Admission) -> [RunEvent] {
        guard !admission.limitChanges.isEmpty || admission.providers.stopCount > stops.count else { return [] }
        var events = admission.limitChanges.map {
            RunEvent.limitChanged(name: $0.name, resource: $0.resource, perMinute: $0.perMinute)
        }
        admission.limitChanges = []
        for (name, reason) in admission.providers.stopReasons.sorted(by: { $0.key < $1.key })
        where stops.insert(name).inserted { events.append(.stopped(name: name, reason: reason)) }
        return events
    }
}
