/// Starts at even distances after a pause, until as many are open as before: a thousand jobs do not come back in the
/// same instant (SPEC 7).
struct EvenPace: Sendable {
    private let interval: Duration
    private var left: Int
    private var next: Duration

    /// How far a start that came late may be made up for; more would be a burst.
    private static let slack = Duration.milliseconds(20)

    /// - Parameters:
    ///   - streams: how many may be open.
    ///   - duration: how long one lasts: over this time they are filled, as they are in the long run.
    init(streams: Int, duration: Duration, at now: Duration) {
        interval = min(duration, .seconds(60)) / streams
        left = streams
        next = now + interval
    }

    /// Whether it is over.
    var isOver: Bool { left <= 0 }

    /// When the next may start.
    var nextStart: Duration { next }

    /// Takes a start.
    mutating func start(at now: Duration) {
        left -= 1
        next = max(next, now - Self.slack) + interval
    }
}
