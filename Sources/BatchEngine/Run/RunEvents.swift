package import LLMStreaming

/// Something that a run tells while it goes on: what logs and `--progress json` are made of.
package enum RunEvent: Sendable {
    /// A job ended, or waits for another attempt; told after its COMMIT.
    case attemptEnded(AttemptReport)
    /// A job that was not being worked on was cancelled by the user; told after its COMMIT.
    case cancelled(jobID: Int64, customID: String)
    /// Jobs that could be sent wait.
    case waiting(RunWait)
    /// The headers of a provider's response changed a rate of a model, named as `provider/model`.
    case limitChanged(name: String, resource: RateLimit.Resource, perMinute: Double)
    /// A provider, a model as `provider/model`, or either `at` an endpoint gets no more requests.
    case stopped(name: String, reason: String)

    /// How an attempt ended and what it means for its job.
    package struct AttemptReport: Sendable {
        package var customID: String
        package var source: String
        package var line: Int?
        package var model: ModelName
        /// From 1 within its job.
        package var number: Int
        package var end: AttemptEnd
        /// Where it was sent; nil where nothing was.
        package var endpoint: String?

        package init(
            customID: String, source: String, line: Int?, model: ModelName, number: Int, end: AttemptEnd,
            endpoint: String? = nil
        ) {
            self.customID = customID
            self.source = source
            self.line = line
            self.model = model
            self.number = number
            self.end = end
            self.endpoint = endpoint
        }
    }
}

/// What the jobs of a provider or model wait for, and until when.
package struct RunWait: Sendable, Hashable {
    /// The name under which the run as a whole waits, in place of a provider or model.
    package static let nameOfRun = "the run"

    /// The provider, or the model as `provider/model`.
    package var name: String
    package var reason: WaitReason
    /// Unix milliseconds; nil where the wait ends with something that is under way.
    package var untilMilliseconds: Int64?
    /// How many streams refusals have left, where the jobs wait for that; where they wait for a free one, how many
    /// silent ones hold of those that the user allows.
    package var limit: StreamLimit?
    /// How many like it were left untold since the last one that was told.
    package var untold = 0
    /// Whether it is of one endpoint while others of its provider go on: the jobs do not wait for it.
    package var isOfOneEndpoint = false

    package init(
        name: String, reason: WaitReason, untilMilliseconds: Int64? = nil, limit: StreamLimit? = nil,
        isOfOneEndpoint: Bool = false
    ) {
        self.limit = limit
        self.isOfOneEndpoint = isOfOneEndpoint
        self.name = name
        self.reason = reason
        self.untilMilliseconds = untilMilliseconds
    }

    /// Whether another wait says the same, but for a second or two.
    func isSame(as other: RunWait) -> Bool {
        name == other.name && reason == other.reason
            && abs((untilMilliseconds ?? 0) - (other.untilMilliseconds ?? 0)) < 1500
    }
}

/// What a run has told, and what is new since.
struct RunNews: Sendable {
    private var waits: [RunWait] = []
    private var stops: Set<String> = []
    /// How many providers, models and endpoints were stopped when that was last looked at.
    private var stopCount = 0
    /// When the limits that refusals set were last told, and whether streams were silent then.
    private var limits: [String: (time: Duration, hasSilent: Bool)] = [:]
    /// When a wait of a name and reason was last told, until when it was, and how many like it there were since.
    private var told: [Told: (time: Duration, until: Int64, untold: Int)] = [:]

    private struct Told: Hashable {
        var name: String
        var reason: WaitReason
    }

    /// The same news is told once in this time: limits come and go with each answer, and in a storm each refusal pauses
    /// everybody.
    private static let interval = Duration.seconds(60)

    /// The waits that are new, without the short ones that a rate limit makes all the time.
    mutating func waits(
        of admission: borrowing Admission, at now: Duration, unixMilliseconds: () -> Int64
    ) -> [RunEvent] {
        let found = admission.waits(at: now, unixMilliseconds: unixMilliseconds()) { reason, until in
            switch reason {
            case .pause, .outage, .budget, .refusals, .paused: true
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

    /// The limits that headers changed, and the providers, models and endpoints that get no more
    /// requests.
    mutating func changes(of admission: inout Admission) -> [RunEvent] {
        let stopCount = admission.providers.stopCount + admission.providers.endpointStopCount
        guard !admission.limitChanges.isEmpty || stopCount > self.stopCount else { return [] }
        self.stopCount = stopCount
        var events = admission.limitChanges.map {
            RunEvent.limitChanged(name: $0.name, resource: $0.resource, perMinute: $0.perMinute)
        }
        admission.limitChanges = []
        for (name, reason) in admission.providers.stopReasons.sorted(by: { $0.key < $1.key })
        where stops.insert(name).inserted { events.append(.stopped(name: name, reason: reason)) }
        return events
    }
}
