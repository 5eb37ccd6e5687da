import BatchEngine
import LLMStreaming
import Synchronization
import Testing

/// What a run tells of its waits: all that is news, and nothing a hundred times.
struct JobRunnerNewsTests {
    /// The pauses that a run tells of when its provider refuses each third request of the first two minutes.
    private func pauses(retryAfter: Duration) throws -> [RunWait] {
        let told = Told()
        let run = try SimulatedRun(
            SimulatedRun.jobs(3000), configure: { $0.concurrency = 10 },
            tell: { event in
                guard case .waiting(let wait) = event, case .pause = wait.reason else { return }
                told.waits.withLock { $0.append(wait) }
            }
        ) { call in
            call.time < .seconds(120) && call.job % 3 == 0 && call.attempt == 1
                ? .fails(.rateLimit, retryAfter: retryAfter) : .says("ok")
        }
        #expect(try run.finish() == .finished)
        return told.waits.withLock { $0 }
    }

    private final class Told: Sendable {
        let waits = Mutex<[RunWait]>([])
    }

    @Test func thePausesOfAStormAreToldOnceAMinuteWithTheirNumber() throws {
        let pauses = try pauses(retryAfter: .seconds(6))
        #expect((2...4).contains(pauses.count), "\(pauses)")
        #expect(pauses.dropFirst().allSatisfy { $0.untold > 2 }, "\(pauses)")
    }

    /// The second wait is longer by far than what was told: that is news.
    @Test func aLongPauseIsToldAtOnce() throws {
        let told = Told()
        let run = try SimulatedRun(
            SimulatedRun.jobs(2), configure: { $0.concurrency = 1 },
            tell: { event in
                guard case .waiting(let wait) = event, case .pause = wait.reason else { return }
                told.waits.withLock { $0.append(wait) }
            }
        ) { call in
            call.job == 1 && call.attempt < 3
                ? .fails(.rateLimit, retryAfter: call.attempt == 1 ? .seconds(5) : .seconds(600)) : .says("ok")
        }
        #expect(try run.finish() == .finished)
        #expect(told.waits.withLock { $0.count } == 2, "\(told.waits.withLock { $0 })")
    }
}
