import NIOCore

/// What is left of a rate: it refills evenly, up to a capacity, and may go into debt.
struct TokenBucket: Sendable {
    private(set) var perMinute: Int
    private(set) var capacity: Double
    private var level: Double
    private var filled: NIODeadline

    /// A full bucket that holds what its rate gives in `burst`, and at least one.
    init(perMinute: Int, burst: Duration, now: NIODeadline) {
        self.perMinute = perMinute
        capacity = Self.capacity(perMinute, burst)
        level = capacity
        filled = now
    }

    private static func capacity(_ perMinute: Int, _ burst: Duration) -> Double {
        max(1, Double(perMinute) * (burst / .seconds(60)))
    }

    private var perNanosecond: Double { Double(perMinute) / 60e9 }

    /// Changes the rate from now on; what is left above the new capacity is lost.
    mutating func change(perMinute: Int, burst: Duration, now: NIODeadline) {
        refill(now: now)
        self.perMinute = perMinute
        capacity = Self.capacity(perMinute, burst)
        level = min(level, capacity)
    }

    mutating func refill(now: NIODeadline) {
        level = min(capacity, level + Double((now - filled).nanoseconds) * perNanosecond)
        filled = now
    }

    /// The wait until so much can be taken; zero for now.
    ///
    /// More than the bucket holds can be taken from a full one.
    func wait(for amount: Double) -> Duration {
        let missing = min(amount, capacity) - level
        // What rounding leaves short of a whole one is there.
        return missing <= 1e-6 ? .zero : .nanoseconds(Int64((missing / perNanosecond).rounded(.up)))
    }

    mutating func take(_ amount: Double) { level -= amount }

    /// What can be taken now, in whole ones.
    var remaining: Int { max(0, Int(level + 1e-6)) }
    /// The time until the bucket is full.
    var timeToFull: Duration { .nanoseconds(Int64((max(0, capacity - level) / perNanosecond).rounded(.up))) }
}
