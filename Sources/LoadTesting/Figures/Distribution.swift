import Foundation
import LLMStreaming

/// The distribution of values of one kind: counts in narrow buckets, so that millions of them take little room.
///
/// Count, sum, least and greatest are exact. A percentile is off by less than 0.4 %: each octave has 128 buckets, and the
/// middle of one is reported. Values below `resolution` share one bucket.
package struct Distribution: Sendable, Equatable {
    /// Values below this are not distinguished; it is a nanosecond where values are seconds.
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

    package init() {}

    /// The distribution of some values.
    package init(_ values: some Sequence<Double>) {
        for value in values { add(value) }
    }

    /// Adds a value; a negative one counts as zero.
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

    /// The standard deviation of all values, as numpy's `std` computes it.
    package var standardDeviation: Double? {
        guard let mean else { return nil }
        return max(0, sumOfSquares / Double(count) - mean * mean).squareRoot()
    }

    /// The percentile of all values, from 0 to 100.
    package func percentile(_ percent: Int) -> Double? {
        guard let minimum, let maximum else { return nil }
        let percentile = Percentile(percent)
        if percentile.isReached(by: 1, of: count) { return minimum }
        if !percentile.isReached(by: count - 1, of: count) { return maximum }
        let buckets = counts.enumerated().lazy.map { (value: $0.offset, count: Int($0.element)) }
        return percentile.value(of: buckets, total: count).map { min(maximum, max(minimum, Self.middle(of: $0))) }
    }

    /// The filled buckets in their order: the bounds of each, and how many values it has.
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
