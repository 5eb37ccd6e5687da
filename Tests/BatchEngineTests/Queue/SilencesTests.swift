import Testing

@testable import BatchEngine

/// How long a stream may be silent.
struct SilencesTests {
    @Test func tenSecondsBeforeAnyAnswerAndAmongQuickOnes() {
        var silences = Silences()
        #expect(silences.bound == .seconds(10))
        for _ in 0..<500 { silences.add(.milliseconds(800)) }
        #expect(silences.bound == .seconds(10))
    }

    @Test func fiveTimesTheNinetyNinthPercentile() {
        var silences = Silences()
        for _ in 0..<99 { silences.add(.seconds(20)) }
        silences.add(.seconds(300))
        // One of a hundred is longer; a bucket's end is less than a fifth above what is in it.
        #expect(silences.bound >= .seconds(100) && silences.bound < .seconds(120))
        silences.add(.seconds(300))
        #expect(silences.bound >= .seconds(1500) && silences.bound < .seconds(1800))
    }

    @Test func whatWasLongAgoFades() {
        var silences = Silences()
        for _ in 0..<1000 { silences.add(.seconds(100)) }
        for _ in 0..<10_000 { silences.add(.seconds(1)) }
        #expect(silences.bound == .seconds(10))
    }

    @Test(arguments: [Duration.zero, .seconds(-1), .microseconds(1), .seconds(1e15)])
    func anyTimeIsTaken(time: Duration) {
        var silences = Silences()
        for _ in 0..<3 { silences.add(time) }
        #expect(silences.bound >= .seconds(10))
    }
}
