import Foundation
import LoadTesting
import SharedMaterial
import Testing

struct DistributionTests {
    private static let percents = [0, 1, 25, 50, 90, 95, 99, 100]

    @Test(arguments: [1, 2, 3, 10, 1_000], [1, 2, 3] as [UInt64])
    func percentilesAreThoseOfTheSortedValuesWithinFourThousandths(count: Int, seed: UInt64) throws {
        var random = SplitMix64(state: seed)
        // From a nanosecond to a quarter of an hour, evenly over the octaves.
        let values = (0..<count).map { _ in exp2(Double.random(in: -29...10, using: &random)) }
        let distribution = Distribution(values)
        let sorted = values.sorted()
        for percent in Self.percents {
            let expected = sorted[max(1, (percent * count + 99) / 100) - 1]
            let found = try #require(distribution.percentile(percent))
            #expect(abs(found - expected) <= 0.004 * expected, "seed \(seed), p\(percent): \(found), \(expected)")
        }
    }

    @Test func sumLeastGreatestAndDeviationAreExact() throws {
        let distribution = Distribution([2, 4, 4, 4, 5, 5, 7, 9])
        #expect(distribution.count == 8)
        #expect(distribution.mean == 5)
        #expect(try abs(#require(distribution.standardDeviation) - 2) < 1e-12)
        #expect(distribution.minimum == 2)
        #expect(distribution.maximum == 9)
    }

    @Test func nothingHasNoFigures() {
        let distribution = Distribution()
        #expect(distribution.percentile(50) == nil)
        #expect(distribution.mean == nil)
        #expect(distribution.standardDeviation == nil)
        #expect(distribution.buckets.isEmpty)
    }

    @Test func equalValuesAreToldAsTheyAre() {
        #expect(Distribution([0.25, 0.25, 0.25]).percentile(50) == 0.25)
        #expect(Distribution([0, 0]).percentile(90) == 0)
        #expect(Distribution([-1]).percentile(50) == 0)
    }

    @Test func bucketsHoldEveryValueOnceInOrder() {
        let distribution = Distribution([0.001, 0.002, 0.002, 0.004, 100])
        let buckets = distribution.buckets
        #expect(buckets.map(\.count).reduce(0, +) == 5)
        for (one, next) in zip(buckets, buckets.dropFirst()) { #expect(one.upper <= next.lower) }
        #expect(buckets.allSatisfy { $0.lower < $0.upper })
    }
}
