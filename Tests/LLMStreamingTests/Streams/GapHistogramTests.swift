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

    @Test func theOrderOfTheGapsDoesNotMatter() {
        var random = SystemRandomNumberGenerator()
        for count in [1, 2, 3, 10, 100] {
            let gaps = (0..<count).map { _ in Int64.random(in: 0...1 << Int64.random(in: 0...40), using: &random) }
            let (rising, falling, shuffled) = (gaps.sorted(), gaps.sorted(by: >), gaps.shuffled(using: &random))
            let histograms = [rising, falling, shuffled].map { order in
                var histogram = GapHistogram()
                for gap in order { histogram.add(microseconds: gap) }
                return histogram
            }
            #expect(histograms[0] == histograms[1] && histograms[1] == histograms[2], "\(shuffled)")
            #expect(histograms[1].json == histograms[0].json, "\(shuffled)")
            let longest = GapHistogram.lowerBound(GapHistogram.bucket(rising[count - 1]))
            #expect(histograms.allSatisfy { $0.longestMicroseconds == longest }, "\(shuffled)")
        }
    }

    @Test func gapsOfNoTimeCountAsOneMicrosecond() {
        var gaps = GapHistogram()
        for value: Int64 in [0, -5, 1, 1000, 1001, 50_000] { gaps.add(microseconds: value) }
        #expect(gaps.json.text == #"{"1":3,"862":2,"46341":1}"#)
        #expect(GapHistogram().json.text == "{}")
    }
}
