/// Starts at even distances: a thousand jobs do not come back in the same instant (Contract, "Concurrency and rates").
struct EvenPace: Sendable {
    /// When the next may start.
    private(set) var nextStart: Duration

    /// How far a start that came late may be made up for; more would be a burst.
    private static let slack = Duration.milliseconds(40)

    /// - Parameter start: when the first may start.
    init(at start: Duration) { nextStart = start }

    /// Records a start; the next comes after an interval.
    mutating func start(at now: Duration, interval: Duration) {
        nextStart = max(nextStart, now - Self.slack) + interval
    }

    /// Follows a change of the rate: what is left to wait is so many times as short.
    mutating func speedUp(by factor: Double, at now: Duration) {
        if nextStart > now { nextStart = now + (nextStart - now) / factor }
    }
}

/// Starts at even distances after a pause, until as many are open as before.
struct FillingPace: Sendable {
    private let interval: Duration
    private var left: Int
    private var pace: EvenPace

    /// - Parameters:
    ///   - streams: how many may be open.
    ///   - duration: how long one lasts: over this time they are filled, as they are in the long run.
    init(streams: Int, duration: Duration, at now: Duration) {
        interval = min(duration, .seconds(60)) / streams
        left = streams
        pace = EvenPace(at: now + interval)
    }

    /// Whether it is over.
    var isOver: Bool { left <= 0 }

    /// When the next may start.
    var nextStart: Duration { pace.nextStart }

    /// Records a start.
    mutating func start(at now: Duration) {
        left -= 1
        pace.start(at: now, interval: interval)
    }
}
