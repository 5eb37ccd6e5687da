import Testing

@testable import BatchEngine

/// Who lives in a shared folder, by the reader's clock alone.
struct LiveWorkersTests {
    private static let own = WorkerName(number: 0)

    private func alive(_ worker: UInt64, _ number: Int, interval: Duration = .seconds(30)) -> Heartbeat {
        Heartbeat(worker: WorkerName(number: worker), .alive(number: number, interval: interval))
    }

    private func ended(_ worker: UInt64) -> Heartbeat { Heartbeat(worker: WorkerName(number: worker), .ended) }

    private func workers() -> LiveWorkers { LiveWorkers(own: Self.own, interval: .seconds(30)) }

    @Test func aWorkerLivesWhileItsSignChanges() {
        var workers = workers()
        #expect(workers.count(at: .zero) == 1)
        workers.observe([alive(1, 500), alive(2, 3), alive(0, 1)], at: .zero)
        #expect(workers.count(at: .zero) == 3, "this process once, and those whom it knows nothing of")
        for tick in 1...10 {
            workers.observe([alive(1, 500 + tick), alive(2, 3)], at: .seconds(30 * tick))
            #expect(workers.count(at: .seconds(30 * tick)) == (tick < 3 ? 3 : 2))
        }
        // It was only slow.
        workers.observe([alive(1, 510), alive(2, 4)], at: .seconds(330))
        #expect(workers.count(at: .seconds(330)) == 3)
    }

    @Test func whoHasSaidThatItEndedIsGoneAtOnceAndForGood() {
        var workers = workers()
        workers.observe([alive(1, 5), alive(2, 5)], at: .zero)
        workers.observe([ended(1), alive(2, 6)], at: .seconds(1))
        #expect(workers.count(at: .seconds(1)) == 2)
        // An old listing.
        workers.observe([alive(1, 5), alive(2, 6)], at: .seconds(2))
        #expect(workers.count(at: .seconds(2)) == 2)
    }

    @Test func aListingThatComesLateEndsNobody() {
        var workers = workers()
        workers.observe([alive(1, 5)], at: .zero)
        workers.observe([], at: .seconds(30))
        workers.observe([alive(1, 4)], at: .seconds(60))
        #expect(workers.count(at: .seconds(60)) == 2)
        workers.observe([alive(1, 5), alive(1, 6)], at: .seconds(80))
        workers.observe([alive(1, 6), alive(1, 5)], at: .seconds(81))
        #expect(workers.count(at: .seconds(169)) == 2 && workers.count(at: .seconds(170)) == 1)
    }

    /// Who shows itself more seldom is waited for longer; who looks more seldom waits longer himself.
    @Test func theLongerIntervalCounts() {
        var workers = workers()
        workers.observe([alive(1, 1, interval: .seconds(600)), alive(2, 1, interval: .milliseconds(1))], at: .zero)
        #expect(workers.count(at: .seconds(89)) == 3)
        #expect(workers.count(at: .seconds(90)) == 2)
        #expect(workers.count(at: .seconds(1799)) == 2)
        #expect(workers.count(at: .seconds(1800)) == 1)
    }

    /// Where the folder was away for all, the first look finds the signs that were there before.
    @Test func whileTheFolderWasAwayNobodyWasSilent() {
        var workers = workers()
        workers.observe([alive(1, 5), alive(2, 5)], at: .zero)
        workers.observe([alive(1, 6), alive(2, 5)], at: .seconds(30))
        workers.observe([alive(1, 6), alive(2, 5)], at: .seconds(3600))
        #expect(workers.count(at: .seconds(3600)) == 3)
        workers.observe([alive(1, 7), alive(2, 5)], at: .seconds(3630))
        #expect(workers.count(at: .seconds(3630)) == 2, "the one was silent for a minute before")
        workers.observe([alive(1, 7), alive(2, 6)], at: .seconds(3660))
        #expect(workers.count(at: .seconds(3660)) == 3)
    }

    /// A listing over a network may be as old as a minute.
    @Test func whoShowsItselfOftenIsWaitedForAMinuteAndAHalfAllTheSame() {
        for (patience, least) in [(nil, 90), (Duration.seconds(20), 20)] as [(Duration?, Int)] {
            var workers = LiveWorkers(
                own: Self.own, interval: .seconds(1), leastPatience: patience ?? LiveWorkers.leastPatience)
            workers.observe([alive(1, 1, interval: .milliseconds(100))], at: .zero)
            #expect(workers.count(at: .seconds(least - 1)) == 2)
            #expect(workers.count(at: .seconds(least)) == 1)
        }
    }
}
