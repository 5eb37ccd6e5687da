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

    /// Takes a start.
    mutating func start(at now: Duration) {
        left -= 1
        pace.start(at: now, interval: interval)
    }
}
