import LLMStreaming
import Testing

@Suite struct GapHistogramTests {
    /// Small values, and those around each power of two and each quarter between.
    private static let values: [Int64] =
        (Array(1...5000)
        + (12...62).flatMap { octave in
            [0.0, 0.25, 0.5, 0.75].flatMap { quarter in
                let value = Int64((Double(sign: .plus, exponent: octave, significand: 1) * (1 + quarter)).rounded())
                return [value - 1, value, value + 1]
            }
        } + [.max]).sorted()

    @Test func bucketsRiseWithTheGap() {
        var last = 0
        for value in Self.values {
            let bucket = GapHistogram.bucket(value)
            #expect(bucket >= last, "\(value)")
            last = bucket
        }
        #expect(last < 256)
    }

    @Test func aBucketsLeastGapIsAtMostTheGapAndLessThan19PercentBelow() {
        for value in Self.values {
            let least = GapHistogram.lowerBound(GapHistogram.bucket(value))
            #expect(least <= value && Double(value) < 1.19 * Double(least), "\(value) in the bucket of \(least)")
            #expect(GapHistogram.bucket(least) == GapHistogram.bucket(value), "\(value)")
        }
    }

    @Test func gapsOfNoTimeCountAsOneMicrosecond() {
        var gaps = GapHistogram()
        for value: Int64 in [0, -5, 1, 1000, 1001, 50_000] { gaps.add(microseconds: value) }
        #expect(gaps.json.text == #"{"1":3,"862":2,"46341":1}"#)
        #expect(GapHistogram().json.text == "{}")
    }
}
