import LLMStreaming

/// A rate per minute as a bucket that holds at most two seconds of it (SPEC 7).
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

    /// Changes the rate; what it holds stays as far as there is room.
    mutating func setRate(perMinute: Double, at now: Duration) {
        level = level(at: now)
        updated = now
        self.perMinute = perMinute
        capacity = max(minimum, perMinute / 30)
        level = min(level, capacity)
    }

    /// Lowers what it holds to at most so much.
    mutating func drain(to amount: Double, at now: Duration) {
        level = min(level(at: now), amount)
        updated = now
    }
}
