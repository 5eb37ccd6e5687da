/// That an endpoint gives much more or much less than it did with as many streams: its capacity is another one now.
struct CapacityChange: Sendable {
    /// How many times as much it gives, from a half to twice.
    let factor: Double
    /// Whether as many streams answer as before: those are faster or slower.
    let isOfSpeed: Bool

    /// By such parts what an endpoint gives may change by itself.
    private static let steady = -0.2...0.25
    /// Standard errors that it takes, as it is looked for each second.
    private static let certainty = 2.5
    private static let leastSpread = 0.02

    /// Compares the last seconds with those before them; nil where they are about alike.
    ///
    /// - Parameter isSlow: whether first tokens take so long that the streams which answer come and go in waves.
    init?(from before: Throughput, to recent: Throughput, isSlow: Bool) {
        let answering = recent.change(of: \.answering, from: before)
        var bytes = recent.change(of: isSlow ? \.potential : \.bytes, from: before)
        // By how seconds differ from the next ones: what was before may hold a part of the change already.
        let seconds = 1 / recent.seconds + 1 / before.seconds
        bytes.error = max(Self.leastSpread, before.spread) * seconds.squareRoot() * (1 + bytes.part)
        let changes = (isSlow ? [bytes] : [answering, bytes]).filter {
            !Self.steady.contains($0.part) && abs($0.part) > Self.certainty * $0.error
        }
        guard let change = changes.first else { return nil }
        factor = max(0.5, min(2, 1 + change.part))
        isOfSpeed = changes.count == 1 && abs(answering.part) < 0.1
    }
}
