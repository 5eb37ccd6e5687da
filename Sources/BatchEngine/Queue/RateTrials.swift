/// When a rate that seems confirmed is tried out: at once, and after each trial that brought nothing sixteen
/// times as many cycles later as before, so that a limit which holds costs few refusals.
struct RateTrials: Sendable {
    /// Whether more than the rate is sent since the last pause.
    private(set) var isUnderWay = false
    /// The trials in a row that brought nothing, and the cycles since the last.
    private var failed = 0
    private var cycles = 0

    private static let mostDoublings = 8

    /// Records the beginning of a cycle of a rate that is confirmed.
    mutating func beginCycle() {
        isUnderWay = cycles + 1 >= 1 << min(4 * failed, Self.mostDoublings)
        cycles = isUnderWay ? 0 : cycles + 1
    }

    /// Records the beginning of a cycle of another rate.
    mutating func skipCycle() { isUnderWay = false }

    /// Records what a cycle gave.
    mutating func endCycle(isHigher: Bool) {
        if isHigher { failed = 0 } else if isUnderWay { failed += 1 }
    }
}
