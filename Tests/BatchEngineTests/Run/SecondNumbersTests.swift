import Testing

@testable import BatchEngine

@Suite struct SecondNumbersTests {
    /// The numbers for seconds of a run at which the date says these Unix seconds.
    private static func numbers(_ dates: [Int64]) -> [Int64] {
        var numbers = SecondNumbers()
        return dates.enumerated().map { second, date in
            numbers.second(after: .seconds(second), unixMilliseconds: date * 1000)
        }
    }

    @Test func theyAreTheDate() { #expect(Self.numbers([100, 101, 102]) == [100, 101, 102]) }

    @Test func aDateThatIsSetBackRepeatsNoneAndHoldsNone() {
        #expect(Self.numbers([100, 101, 52, 53, 54]) == [100, 101, 102, 103, 104])
    }

    @Test func aDateThatIsSetForwardIsFollowed() {
        #expect(Self.numbers([100, 101, 502, 503, 4]) == [100, 101, 502, 503, 504])
    }

    @Test func noDateStopsTheProcess() {
        let last = TimeOfDay.range.upperBound / 1000
        var numbers = SecondNumbers()
        #expect(numbers.second(after: .zero, unixMilliseconds: .min) == 0)
        #expect(numbers.second(after: .seconds(1), unixMilliseconds: .max) == last)
        #expect(numbers.second(after: .seconds(2), unixMilliseconds: -1) == last + 1)
    }
}
