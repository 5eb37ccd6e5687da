/// How long the gaps between the chunks of a stream were: counts in buckets of a quarter of an octave.
///
/// A bucket's greatest value is less than 19 % above its least, so a quantile read from it is off by less than that;
/// a stream needs as many counters as there are buckets between its shortest gap and its longest.
package struct GapHistogram: Sendable, Equatable {
    /// The counts of the buckets from `first` on; the first and the last one have some.
    private var counts: [UInt32] = []
    private var first = 0

    /// No gap.
    package init() {}

    /// Counts a gap, in microseconds; less than one counts as one.
    package mutating func add(microseconds: Int64) {
        let bucket = Self.bucket(microseconds)
        if counts.isEmpty { first = bucket }
        if bucket < first {
            counts.insert(contentsOf: repeatElement(0, count: first - bucket), at: 0)
            first = bucket
        } else if bucket >= first + counts.count {
            counts.append(contentsOf: repeatElement(0, count: bucket + 1 - first - counts.count))
        }
        counts[bucket - first] &+= 1
    }

    /// The longest gap, or up to a fifth less, in microseconds; nil where there was none.
    package var longestMicroseconds: Int64? { counts.isEmpty ? nil : Self.lowerBound(first + counts.count - 1) }

    /// 2 to the power of a quarter, a half and three quarters, each times 2 to the power of 63 and rounded up.
    private static let quarters: (UInt64, UInt64, UInt64) = (
        0x9837_F051_8DB8_A970, 0xB504_F333_F9DE_6485, 0xD744_FCCA_D69D_6AF5
    )

    /// The bucket of a gap: the whole part of four times its binary logarithm.
    package static func bucket(_ microseconds: Int64) -> Int {
        let value = UInt64(max(1, microseconds))
        let mantissa = value << UInt64(value.leadingZeroBitCount)
        let octave = 63 - value.leadingZeroBitCount
        let quarter =
            (mantissa >= quarters.0 ? 1 : 0) + (mantissa >= quarters.1 ? 1 : 0) + (mantissa >= quarters.2 ? 1 : 0)
        return 4 * octave + quarter
    }

    /// The least gap of a bucket, in whole microseconds; the lowest buckets between powers of two hold no whole number
    /// and have the least of the next one that does.
    package static func lowerBound(_ bucket: Int) -> Int64 {
        let octave = bucket / 4
        let mantissa = [1 << 63, quarters.0, quarters.1, quarters.2][bucket % 4]
        let shift = UInt64(63 - octave)
        let floor = mantissa >> shift
        return Int64(floor << shift == mantissa ? floor : floor + 1)
    }

    /// The counts as JSON: an object from each bucket's least gap in microseconds to its count, empty ones left out.
    package var json: JSON {
        var object = JSONObject()
        for (index, count) in counts.enumerated() where count > 0 {
            object[String(Self.lowerBound(first + index))] = .int(Int(count))
        }
        return .object(object)
    }
}
