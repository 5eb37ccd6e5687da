import LLMStreaming

/// How long the answers of a model were silent, and so how long a stream may be before it counts as one that may never
/// end: longer than 10 s and than five times the p99 of its answers so far.
///
/// The p99 is taken of the longest silence of each whole answer: the time to its first content, or a gap behind that.
/// Counts in buckets of a quarter of an octave, so that some dozens of numbers hold any number of answers; those of the
/// older half fade.
struct Silences: Sendable {
    private static let least = Duration.seconds(10)
    private static let factor = 5
    /// So many answers are told apart; then all counts are halved.
    private static let most = 1024

    private var counts: [Int] = []
    private var total = 0

    /// Takes the longest silence of an answer.
    mutating func add(_ silence: Duration) {
        let bucket = GapHistogram.bucket(Int64(min(1e12, max(0, silence.seconds * 1e6))))
        if bucket >= counts.count { counts += Array(repeating: 0, count: bucket + 1 - counts.count) }
        counts[bucket] += 1
        total += 1
        guard total >= Self.most else { return }
        counts = counts.map { $0 / 2 }
        total = counts.reduce(0, +)
    }

    /// How long a stream may be silent.
    var bound: Duration { max(Self.least, p99 * Self.factor) }

    /// The upper end of the bucket that ninety-nine in a hundred are not above; zero where there is no answer yet.
    private var p99: Duration {
        var above = total / 100
        for bucket in counts.indices.reversed() {
            above -= counts[bucket]
            if above < 0 { return .microseconds(GapHistogram.lowerBound(bucket + 1)) }
        }
        return .zero
    }
}
