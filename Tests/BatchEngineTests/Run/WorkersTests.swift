import LLMStreaming
import Synchronization
import Testing

@testable import BatchEngine

@Suite struct WorkersTests {
    private let simulation = Simulation()
    private let workers = Workers()

    /// Notes which jobs were worked on, with an end or without, after a wait.
    private final class Log: Sendable {
        private let entries = Mutex<[Int64: Bool]>([:])
        private let busy = Mutex((now: 0, most: 0))

        var jobs: [Int64: Bool] { entries.withLock { $0 } }
        /// The most jobs that were worked on at once.
        var most: Int { busy.withLock { $0.most } }

        func work(on job: Int64, _ workers: Workers, _ clock: ManualClock, _ time: Duration) async {
            let hasEnd = workers.takeEnd(of: job) != nil
            let isNew = entries.withLock { $0.updateValue(hasEnd, forKey: job) == nil }
            if !isNew { Issue.record("job \(job) is worked on twice") }
            busy.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            try? await clock.sleep(until: clock.now.advanced(by: time), tolerance: nil)
            busy.withLock { $0.now -= 1 }
        }
    }

    private static let end = StreamResultBox(StreamResult(outcome: .failed(LLMError(.cut, "cut"))))

    private func start(_ log: Log, each time: Duration = .seconds(1)) -> Simulation.Process<Bool> {
        simulation.start { [simulation, workers] in
            await workers.run { await log.work(on: $0, workers, simulation.clock, time) }
            return true
        }
    }

    @Test func whatIsHandedOverIsWorkedOnOnceAndAtOnce() throws {
        let log = Log()
        // Before anybody waits for it, and from then on.
        for job: Int64 in 1...50 { workers.hand(job, job % 2 == 0 ? Self.end : nil) }
        let run = start(log)
        #expect(log.most == 50)
        simulation.advance(by: .seconds(1))
        for job: Int64 in 51...100 { workers.hand(job, job % 2 == 0 ? Self.end : nil) }
        simulation.settle()
        let numbers: [Int64] = Array(1...100)
        #expect(log.jobs.keys.sorted() == numbers)
        #expect(log.jobs.filter(\.value).keys.sorted() == numbers.filter { $0 % 2 == 0 })
        #expect(run.value == nil)
        workers.dismiss()
        #expect(try simulation.finish(run))
        #expect(simulation.clock.elapsed == .seconds(2), "nobody waited for another")
    }

    @Test func whoIsFreeWorksOnTheNext() throws {
        let log = Log()
        let run = start(log)
        for job: Int64 in 1...1000 {
            workers.hand(job)
            simulation.advance(by: .seconds(1))
        }
        #expect(log.jobs.count == 1000 && log.most == 1)
        workers.dismiss()
        #expect(try simulation.finish(run))
    }

    @Test func streamsThatEndInACancelledRunAreWorkedOnToo() throws {
        let log = Log()
        let run = start(log)
        run.cancel()
        simulation.settle()
        for job: Int64 in 1...10 { workers.hand(job, Self.end) }
        simulation.settle()
        #expect(log.jobs.count == 10)
        workers.dismiss()
        #expect(try simulation.finish(run))
    }

    @Test func whatWasHandedOverBeforeTheEndIsWorkedOn() throws {
        let log = Log()
        for job: Int64 in 1...10 { workers.hand(job) }
        workers.dismiss()
        #expect(try simulation.finish(start(log)))
        #expect(log.jobs.count == 10)
    }
}
