import LLMStreaming

/// The time of a run, since its start, by any clock.
struct RunClock: Sendable {
    private let read: @Sendable () -> Duration
    private let wait: @Sendable (Duration) async throws -> Void

    /// The time by a clock, from now on.
    init<C: Clock>(_ clock: C) where C.Duration == Duration {
        let start = clock.now
        read = { start.duration(to: clock.now) }
        wait = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    }

    /// How long the run has lasted.
    var now: Duration { read() }

    /// The time of day in Unix milliseconds by this clock, from what the system says now: setting the date while a run
    /// lasts moves none of its waits.
    func timeOfDay(from start: Int64) -> @Sendable () -> Int64 {
        let start = TimeOfDay.believed(start)
        return { [self] in start.addingClamped(now.pastMilliseconds).clamped(to: NumberGate.unixMilliseconds) }
    }

    /// Waits until a time; throws where the task is cancelled before.
    func sleep(until time: Duration) async throws { try await wait(time) }
}

/// The time of day that the system tells, as far as it is believed.
package enum TimeOfDay {
    /// Unix milliseconds, up to ten years before the last that a row may hold: any wait ends after that.
    package static let range = 0...NumberGate.unixMilliseconds.upperBound - 315_576_000_000

    /// The nearest time that is believed to one that was told.
    package static func believed(_ milliseconds: Int64) -> Int64 { milliseconds.clamped(to: range) }
}

extension Duration {
    /// The duration in milliseconds, rounded up.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }

    /// The whole milliseconds of a time that is not negative, rounded down.
    var pastMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

/// The numbers of a run's seconds: they follow the time of day, but not back.
///
/// A date that is set back would give the numbers of seconds that are written already, and none for as long as it was set
/// back by.
package struct SecondNumbers: Sendable {
    /// The most by which the time of day was ahead of the run's clock, in milliseconds.
    private var offset: Int64?

    package init() {}

    /// The second, in Unix seconds.
    ///
    /// - Parameters:
    ///   - elapsed: by a clock that nobody sets.
    ///   - unixMilliseconds: the time of day.
    package mutating func second(after elapsed: Duration, unixMilliseconds: Int64) -> Int64 {
        let elapsed = elapsed.pastMilliseconds
        let told = TimeOfDay.believed(unixMilliseconds) - elapsed
        let offset = max(offset ?? told, told)
        self.offset = offset
        return (elapsed + offset) / 1000
    }
}
