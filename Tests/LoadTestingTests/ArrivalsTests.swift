import LoadTesting
import Testing

struct ArrivalsTests {
    @Test func constantArrivalsAreEquallyFarApart() {
        var arrivals = Arrivals(requestsPerSecond: 4, spacing: .constant, seed: 1)
        #expect((0..<4).map { _ in arrivals.nextSeconds() } == [0, 0.25, 0.5, 0.75])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func poissonArrivalsKeepTheMeanRateAndTheSpreadOfAnExponential(seed: UInt64) {
        var arrivals = Arrivals(requestsPerSecond: 50, spacing: .poisson, seed: seed)
        let times = (0...20_000).map { _ in arrivals.nextSeconds() }
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(gaps.count)
        #expect(gaps.allSatisfy { $0 >= 0 }, "seed \(seed)")
        #expect(abs(mean * 50 - 1) < 0.05, "seed \(seed): \(mean)")
        #expect(abs(variance.squareRoot() / mean - 1) < 0.05, "seed \(seed): \(variance)")
    }

    @Test func aSeedRepeatsArrivalsAndPrompts() {
        func times(_ seed: UInt64) -> [Double] {
            var arrivals = Arrivals(requestsPerSecond: 3, spacing: .poisson, seed: seed)
            return (0..<20).map { _ in arrivals.nextSeconds() }
        }
        #expect(times(5) == times(5))
        #expect(times(5) != times(6))
        var (one, same, other) = (RandomPrompt(seed: 5), RandomPrompt(seed: 5), RandomPrompt(seed: 6))
        let prompt = one.next(words: 12)
        #expect(prompt == same.next(words: 12))
        #expect(prompt != other.next(words: 12))
        #expect(prompt != one.next(words: 12))
        #expect(prompt.split(separator: " ").count == 12)
    }
}
