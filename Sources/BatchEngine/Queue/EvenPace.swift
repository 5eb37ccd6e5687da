/// Starts at even distances: a thousand jobs do not come back in the same instant (SPEC 7).
struct EvenPace: Sendable {
    /// When the next may start.
    private(set) var nextStart: Duration

    /// How far a start that came late may be made up for; more would be a burst.
    private static let slack = Duration.milliseconds(40)

    /// - Parameter start: when the first may start.
    init(at start: Duration) { nextStart = start }

    /// Takes a start; the next comes after an interval.
    mutating func start(at now: Duration, interval: Duration) {
        nextStart = max(nextStart, now - Self.slack) + interval
    }
}
