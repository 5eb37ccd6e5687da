import Testing

@testable import BatchEngine

/// When a server is asked for its load.
@Suite struct SignalScheduleTests {
    /// Asks until so much time has passed, and gives the addresses with the seconds at which they were asked.
    private func asked(
        for seconds: Int, _ schedule: inout SignalSchedule, isServed: (MetricsAddress, Int) -> Bool
    ) -> [String] {
        var now = Duration.zero
        var asked: [String] = []
        while now <= .seconds(seconds) {
            let second = Int(now.components.seconds)
            asked.append("\(schedule.address.path) \(second)")
            now += schedule.asked(isServed: isServed(schedule.address, second))
        }
        return asked
    }

    @Test func asksEachSecondWhereTheLoadIsTold() {
        var schedule = SignalSchedule()
        let asked = asked(for: 3, &schedule) { address, _ in address == .usual }
        #expect(asked == ["/metrics 0", "/metrics 1", "/metrics 2", "/metrics 3"])
    }

    @Test func remembersTheAddressAtWhichTheLoadIsTold() {
        var schedule = SignalSchedule()
        let asked = asked(for: 2, &schedule) { address, _ in address == .prometheus }
        #expect(
            asked == ["/metrics 0", "/prometheus/metrics 0", "/prometheus/metrics 1", "/prometheus/metrics 2"])
    }

    @Test func asksOnceAMinuteWhereNoLoadIsTold() {
        var schedule = SignalSchedule()
        let asked = asked(for: 120, &schedule) { _, _ in false }
        #expect(
            asked == [
                "/metrics 0", "/prometheus/metrics 0", "/metrics 60", "/prometheus/metrics 60", "/metrics 120",
                "/prometheus/metrics 120",
            ])
    }

    @Test func asksAServerThatFellSilentSoonAndThenEverMoreRarely() {
        var schedule = SignalSchedule()
        let asked = asked(for: 200, &schedule) { _, second in second == 0 }
        #expect(
            asked == [0, 1, 2, 4, 8, 16, 32, 64].map { "/metrics \($0)" } + [
                "/metrics 124", "/prometheus/metrics 124", "/metrics 184", "/prometheus/metrics 184",
            ])
    }

    @Test func aServerThatIsBackIsAskedEachSecondAgain() {
        var schedule = SignalSchedule()
        let asked = asked(for: 10, &schedule) { _, second in second == 0 || second > 3 }
        #expect(asked == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10].map { "/metrics \($0)" })
    }
}
