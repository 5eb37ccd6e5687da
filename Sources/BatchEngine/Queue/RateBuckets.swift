import LLMStreaming

/// The rates per minute that requests of one scope keep to, a bucket each.
///
/// Rates are told and learnt of the whole, which all workers spend together; each bucket holds this worker's share.
struct RateBuckets: Sendable {
    private struct Rate: Sendable {
        let resource: RateLimit.Resource
        /// Of all workers.
        var perMinute: Double
        /// Of this one.
        var bucket: TokenBucket
        /// Since when it holds, since the run's start.
        let start: Duration
    }

    private var buckets: [Rate] = []
    private var share: WorkerShare
    /// Where this worker's requests fall between those of others: see `CurrentShare`.
    private let phase: Double

    init(share: WorkerShare = .whole, phase: Double = 1) {
        self.share = share
        self.phase = phase
    }

    /// Whether anything is bounded.
    var isEmpty: Bool { buckets.isEmpty }

    /// This worker's bound of a resource per minute.
    func perMinute(_ resource: RateLimit.Resource) -> Double? {
        buckets.first { $0.resource == resource }?.bucket.perMinute
    }

    /// Follows a change of this worker's share; what the buckets hold stays as far as there is room.
    mutating func set(_ share: WorkerShare, at now: Duration) {
        self.share = share
        for index in buckets.indices {
            buckets[index].bucket.setRate(perMinute: buckets[index].perMinute * share.part, at: now)
        }
    }

    /// What a bucket of requests holds at first, and after a pause: one, where no other worker begins with this one.
    private var firstRequest: Double { share.part + (1 - share.part) * phase }

    /// Sets a bound.
    ///
    /// A new bucket begins almost empty: a full one would add two seconds of the rate to the first minute, which the
    /// provider counts.
    ///
    /// - Parameter perMinute: of all workers.
    /// - Returns: whether it is another than before.
    mutating func set(_ resource: RateLimit.Resource, perMinute: Double, at now: Duration) -> Bool {
        guard let index = buckets.firstIndex(where: { $0.resource == resource }) else {
            let own = perMinute * share.part
            let minimum = resource == .requests ? 1.0 : 0
            let level = resource == .requests ? firstRequest : own / 240
            let bucket = TokenBucket(perMinute: own, minimum: minimum, level: level, at: now)
            buckets.append(Rate(resource: resource, perMinute: perMinute, bucket: bucket, start: now))
            return true
        }
        guard buckets[index].perMinute != perMinute else { return false }
        buckets[index].perMinute = perMinute
        buckets[index].bucket.setRate(perMinute: perMinute * share.part, at: now)
        return true
    }

    /// Takes a bound away; what headers say of it later is one again.
    mutating func remove(_ resource: RateLimit.Resource) { buckets.removeAll { $0.resource == resource } }

    /// Records what an answer's headers say: rates, and what is left of them.
    ///
    /// A limit of a day is not spread over it: it is met when it is spent.
    ///
    /// What is left is for all workers. A worker keeps its share of it, and where a request is left not less than one: of
    /// sixteen workers none could save a request up else while fewer than sixteen are left.
    ///
    /// - Returns: the rates per minute, of all workers, that are others than before.
    mutating func learn(_ report: RateLimitReport, at now: Duration) -> [(RateLimit.Resource, Double)] {
        var changes: [(RateLimit.Resource, Double)] = []
        for resource in RateLimit.Resource.allCases {
            let limits = report.limits.filter { $0.resource == resource }
            let rates = limits.compactMap { limit -> Double? in
                let window = limit.window ?? .seconds(60)
                guard let most = limit.limit, most > 0, window > .zero, window <= .seconds(3600) else { return nil }
                return Double(most) * 60 / window.seconds
            }
            if let rate = rates.min(), set(resource, perMinute: rate, at: now) { changes.append((resource, rate)) }
            if let left = limits.compactMap(\.remaining).min() {
                drain(resource, to: max(Double(left) * share.part, min(Double(left), 1)), at: now)
            }
        }
        return changes
    }

    /// The longest wait that a request of this size has, and for what; nil where it may go now.
    func wait(for size: RequestSize, at now: Duration) -> (time: Duration, resource: RateLimit.Resource)? {
        var longest: (time: Duration, resource: RateLimit.Resource)?
        for rate in buckets {
            let resource = rate.resource
            let time = rate.bucket.wait(for: size.amount(of: resource), at: now)
            if time > longest?.time ?? .zero { longest = (time, resource) }
        }
        return longest
    }

    /// Whether a request of this size is larger than all that a minute grants all workers of some tokens.
    func isExceeded(by size: RequestSize) -> Bool {
        buckets.contains { $0.resource != .requests && size.amount(of: $0.resource) > $0.perMinute }
    }

    /// Charges a request that starts.
    mutating func take(_ size: RequestSize, at now: Duration) {
        for index in buckets.indices {
            buckets[index].bucket.take(size.amount(of: buckets[index].resource), at: now)
        }
    }

    /// Charges what a request used beyond its estimate, or gives back what it did not; the request itself stays.
    ///
    /// A bound that was set after the request started has charged nothing for it, so nothing of it is given back.
    mutating func settle(
        _ estimate: RequestSize, actual: RequestSize, startedAt start: Duration, at now: Duration
    ) {
        for index in buckets.indices {
            let resource = buckets[index].resource
            let difference = actual.amount(of: resource) - estimate.amount(of: resource)
            if difference > 0 || difference < 0 && start >= buckets[index].start {
                buckets[index].bucket.take(difference, at: now)
            }
        }
    }

    /// Lowers what a resource holds to what the provider says is left.
    mutating func drain(_ resource: RateLimit.Resource, to remaining: Double, at now: Duration) {
        guard let index = buckets.firstIndex(where: { $0.resource == resource }) else { return }
        buckets[index].bucket.drain(to: remaining, at: now)
    }

    /// Removes what a pause has saved up, so that what comes after it comes evenly.
    mutating func drainAfterPause(at now: Duration) {
        for index in buckets.indices {
            let isOfRequests = buckets[index].resource == .requests
            let level = isOfRequests ? firstRequest : buckets[index].bucket.capacity / 8
            buckets[index].bucket.drain(to: level, at: now)
        }
    }
}

/// A rate per minute as a bucket that holds at most two seconds of it (Contract, "Concurrency and rates").
///
/// A value that reads no clock: times are since the run's start. What costs more than the bucket holds passes alone,
/// once it is full, and leaves a debt that later ones wait for.
struct TokenBucket: Sendable, Equatable {
    private(set) var perMinute: Double
    /// The most that it holds.
    private(set) var capacity: Double
    private var level: Double
    private var updated: Duration
    private let minimum: Double

    /// - Parameters:
    ///   - minimum: what it holds at least, however low the rate.
    ///   - level: what it holds at first.
    init(perMinute: Double, minimum: Double, level: Double, at now: Duration) {
        precondition(perMinute > 0, "a rate of \(perMinute) a minute")
        self.perMinute = perMinute
        self.minimum = minimum
        capacity = max(minimum, perMinute / 30)
        self.level = min(level, capacity)
        updated = now
    }

    /// What it holds; below zero after a debt.
    func level(at now: Duration) -> Double {
        min(capacity, level + max(0, (now - updated).seconds) * perMinute / 60)
    }

    /// How long an amount must wait; zero where it may pass now.
    func wait(for amount: Double, at now: Duration) -> Duration {
        // A thousandth of a unit is the rounding of the time, not a reason to wait.
        let missing = min(amount, capacity) - level(at: now)
        return missing > 0.001 ? NumberGate.duration(seconds: missing * 60 / perMinute) : .zero
    }

    /// Takes an amount out, or gives it back where it is negative; what is not there becomes a debt.
    mutating func take(_ amount: Double, at now: Duration) {
        level = min(capacity, level(at: now) - amount)
        updated = now
    }

    /// Changes the rate; what it holds stays as far as there is room, and a debt is of a minute at most.
    mutating func setRate(perMinute: Double, at now: Duration) {
        level = level(at: now)
        updated = now
        self.perMinute = perMinute
        capacity = max(minimum, perMinute / 30)
        level = max(-perMinute, min(level, capacity))
    }

    /// Lowers what it holds to at most so much.
    mutating func drain(to amount: Double, at now: Duration) {
        level = min(level(at: now), amount)
        updated = now
    }
}
