import CBenchmarkCounters

/// Time, allocations and instructions of some work.
enum Meter {
    /// The cost of some work.
    struct Reading: Sendable {
        var events: Int
        var bytes: Int
        var duration: Duration
        var allocations: Int
        /// Nil where they are not counted.
        var instructions: Int?

        var megabytesPerSecond: Double? { bytes > 0 ? Double(bytes) / 1e6 / (duration / .seconds(1)) : nil }
        var nanosecondsPerEvent: Double? { duration / .nanoseconds(1) / Double(events) }
        var allocationsPerEvent: Double? { Double(allocations) / Double(events) }
        var instructionsPerEvent: Double? { instructions.map { Double($0) / Double(events) } }
    }

    /// Measures work on a number of events, which have a number of bytes together.
    static func measure(events: Int, bytes: Int, _ work: () throws -> Void) rethrows -> Reading {
        let start = Start()
        try work()
        return start.reading(events: events, bytes: bytes)
    }

    /// The counters at the beginning.
    private struct Start {
        private let instructions = cbenchmarkcounters_instructions()
        private let allocations = cbenchmarkcounters_allocations()
        private let time = ContinuousClock.now

        func reading(events: Int, bytes: Int) -> Reading {
            let duration = time.duration(to: .now)
            return Reading(
                events: events, bytes: bytes, duration: duration,
                allocations: Int(cbenchmarkcounters_allocations() - allocations),
                instructions: instructions < 0 ? nil : Int(cbenchmarkcounters_instructions() - instructions))
        }
    }

    /// Measures asynchronous work, with the work of other threads meanwhile.
    static func measure(events: Int, bytes: Int, _ work: () async throws -> Void) async rethrows -> Reading {
        let start = Start()
        try await work()
        return start.reading(events: events, bytes: bytes)
    }

    /// Begins to count allocations, and checks that one of Swift's is seen: counters of some packages read 0 on Linux.
    static func countsAllocations() -> Bool {
        guard cbenchmarkcounters_count_allocations() else { return false }
        var kept: [[Int]] = []
        let reading = measure(events: 100, bytes: 0) {
            for number in 0..<100 { kept.append([number, kept.count]) }
        }
        return reading.allocations >= 100 && kept.count == 100
    }
}
