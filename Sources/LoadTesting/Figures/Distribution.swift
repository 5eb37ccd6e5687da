import Foundation

/// How values of one kind are spread: counts in narrow buckets, so that millions of them take little room.
///
/// Count, sum, least and greatest are exact. A quantile is off by less than 0.4 %: each octave has 128 buckets, and the
/// middle of one is told. Values below `resolution` count as one bucket.
package struct Distribution: Sendable, Equatable {
    /// Values below this are not told apart; seconds would be nanoseconds.
    package static let resolution = 1e-9
    private static let bucketsAnOctave = 128

    private var counts: [UInt32] = []
    package private(set) var count = 0
    package private(set) var sum = 0.0
    private var sumOfSquares = 0.0
    /// The least value; nil where there is none.
    package private(set) var minimum: Double?
    /// The greatest value; nil where there is none.
    package private(set) var maximum: Double?

    /// No value.
    package init() {}

    /// The distribution of values.
    package init(_ values: some Sequence<Double>) {
        for value in values { add(value) }
    }

    /// Takes a value; a negative one counts as zero.
    package mutating func add(_ value: Double) {
        let value = max(0, value)
        let bucket = Self.bucket(value)
        if bucket >= counts.count { counts.append(contentsOf: repeatElement(0, count: bucket + 1 - counts.count)) }
        counts[bucket] += 1
        count += 1
        sum += value
        sumOfSquares += value * value
        minimum = min(minimum ?? value, value)
        maximum = max(maximum ?? value, value)
    }

    package var mean: Double? { count > 0 ? sum / Double(count) : nil }

    /// The standard deviation of all values, as numpy's `std` has it.
    package var standardDeviation: Double? {
        guard let mean else { return nil }
        return max(0, sumOfSquares / Double(count) - mean * mean).squareRoot()
    }

    /// The value below which that share of all lies, from 0 to 1: of a sorted list, the one at (count - 1) times the
    /// share, rounded.
    package func quantile(_ share: Double) -> Double? {
        guard let minimum, let maximum else { return nil }
        precondition((0...1).contains(share), "a quantile of \(share)")
        let rank = Int((Double(count - 1) * share).rounded())
        if rank == 0 { return minimum }
        if rank == count - 1 { return maximum }
        var seen = 0
        for (bucket, count) in counts.enumerated() {
            seen += Int(count)
            if seen > rank { return min(maximum, max(minimum, Self.middle(of: bucket))) }
        }
        return maximum
    }

    /// The filled buckets in their order: where each begins and ends, and how many values it holds.
    package var buckets: [(lower: Double, upper: Double, count: Int)] {
        counts.enumerated().compactMap { bucket, count in
            count > 0 ? (Self.lowerBound(of: bucket), Self.lowerBound(of: bucket + 1), Int(count)) : nil
        }
    }

    private static func bucket(_ value: Double) -> Int {
        guard value > resolution else { return 0 }
        // Beyond the octaves of any clock values share the last bucket.
        return min(64 * bucketsAnOctave, Int(log2(value / resolution) * Double(bucketsAnOctave)) + 1)
    }

    private static func lowerBound(of bucket: Int) -> Double {
        bucket == 0 ? 0 : resolution * exp2(Double(bucket - 1) / Double(bucketsAnOctave))
    }

    private static func middle(of bucket: Int) -> Double {
        bucket == 0 ? 0 : (lowerBound(of: bucket) + lowerBound(of: bucket + 1)) / 2
    }
}
