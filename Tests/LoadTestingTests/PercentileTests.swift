import LLMStreaming
import LoadTesting
import Testing

struct PercentileTests {
    @Test(arguments: [
        (1, [1, 1, 1, 1, 1]), (2, [1, 1, 2, 2, 2]), (4, [1, 2, 4, 4, 4]), (10, [1, 5, 9, 10, 10]),
        (100, [1, 50, 90, 99, 100]), (101, [1, 51, 91, 100, 101]),
    ])
    func itIsTheFirstValueThatEnoughAreNotAbove(count: Int, expected: [Int]) {
        let values = Array((1...count).reversed())
        #expect([0, 50, 90, 99, 100].map { Percentile($0).value(of: values) } == expected)
    }

    @Test func equalValuesMayComeWithTheirCount() {
        let values: [(value: String, count: Int)] = [("a", 3), ("b", 0), ("c", 5), ("d", 2)]
        #expect([0, 30, 31, 80, 81].map { Percentile($0).value(of: values, total: 10) } == ["a", "a", "c", "c", "d"])
    }

    @Test func nothingHasNone() {
        #expect(Percentile(50).value(of: [Double]()) == nil)
        #expect(Percentile(0).value(of: [(value: 1, count: 0)], total: 0) == nil)
    }

    @Test(arguments: 1...40)
    func aDistributionAgrees(count: Int) throws {
        let values = (1...count).map { Double($0 * $0) }
        let distribution = Distribution(values)
        for percent in 0...100 {
            let exact = try #require(Percentile(percent).value(of: values))
            #expect(try abs(#require(distribution.percentile(percent)) / exact - 1) < 0.004, "p\(percent) of \(count)")
        }
    }
}
