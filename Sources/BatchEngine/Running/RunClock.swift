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

    /// The time of day in Unix milliseconds by this clock, from what the system says now: a date that is set while a run
    /// lasts moves none of its waits.
    func timeOfDay(from start: Int64) -> @Sendable () -> Int64 {
        let start = TimeOfDay.believed(start)
        return { [self] in start.addingClamped(now.pastMilliseconds).clamped(to: NumberGate.unixMilliseconds) }
    }

    /// Waits until a time; throws where the task is cancelled before.
    func sleep(until time: Duration) async throws { try await wait(time) }
}
