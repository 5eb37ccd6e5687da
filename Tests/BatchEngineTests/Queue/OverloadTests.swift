import BatchEngine
import LLMStreaming
import Synchronization
import Testing

/// Refusals for load that do not say when to come back, through the real runner in simulated time.
struct OverloadTests {
    /// A share of requests that is refused by chance, as they would be with fewer streams too.
    @Test(arguments: [(503, 20, 60), (529, 10, 60), (529, 20, 16), (529, 5, 200)])
    func refusalsByChanceLeaveMostStreamsOpen(status: Int, percent: Int, concurrency: Int) throws {
        let seed = SeededRandom.seed(9)
        let run = try SimulatedRun(
            SimulatedRun.jobs(100_000), store: { SimulatedJobStore($0, jobs: $1, keepsHistory: false) },
            keepsCalls: false, configure: { $0.concurrency = concurrency }
        ) { call in
            var random = SeededRandom(seed: seed &* 1_000_003 &+ call.job &* 1009 &+ call.attempt)
            return Int.random(in: 0..<100, using: &random) < percent
                ? Self.refusal(status) : .says("one", after: .seconds(2) * (3 + call.job % 3) / 4)
        }
        let process = run.start()
        var open: [Int] = []
        for second in 0..<150 {
            run.simulation.advance(by: .seconds(1))
            if second >= 30 { open.append(try run.snapshot().running) }
        }
        let mean = Double(open.reduce(0, +)) / Double(open.count)
        print("\(percent) % \(status) by chance: \(mean) of \(concurrency) streams open, at least \(open.min() ?? 0)")
        #expect(mean > 0.7 * Double(concurrency), "seed \(seed)")
        try run.stop(now: true)
        _ = try run.simulation.finish(process)
    }

    /// A server that takes so many requests at once and refuses the others, quickly or late.
    @Test(arguments: [(4, 50), (20, 50), (20, 1000), (50, 50), (50, 1000)])
    func aServerWithRoomForFewIsHardlyAskedForMore(room: Int, refusalMilliseconds: Int) throws {
        let server = CrowdedServer(room: room, refusalTime: .milliseconds(refusalMilliseconds))
        let run = try SimulatedRun(SimulatedRun.jobs(3000), keepsCalls: false) { server.answer($0) }
        #expect(try run.finish() == .finished)
        let ideal = 3000 * 2 / room
        let elapsed = Int(run.simulation.clock.elapsed.seconds)
        print(
            "room for \(room), refusals in \(refusalMilliseconds) ms: \(elapsed) s (ideal \(ideal)), \(server.refused)")
        #expect(elapsed < ideal * 3 / 2)
        #expect(server.refused < 3000)
    }

    private static func refusal(_ status: Int, after time: Duration = .milliseconds(50)) -> SimulatedAnswer {
        SimulatedAnswer(time: time, ending: .fails(LLMError(.overloaded, "on purpose", httpStatus: status)))
    }

    private final class CrowdedServer: Sendable {
        private struct State {
            var ends: [Duration] = []
            var refused = 0
        }

        private let room: Int
        private let refusalTime: Duration
        private let state = Mutex(State())

        init(room: Int, refusalTime: Duration) {
            self.room = room
            self.refusalTime = refusalTime
        }

        var refused: Int { state.withLock { $0.refused } }

        func answer(_ call: SimulatedCall) -> SimulatedAnswer {
            state.withLock { state in
                state.ends.removeAll { $0 <= call.time }
                guard state.ends.count < room else {
                    state.refused += 1
                    return OverloadTests.refusal(529, after: refusalTime)
                }
                let time = Duration.seconds(2) * (3 + call.job % 3) / 4
                state.ends.append(call.time + time)
                return .says("one", after: time)
            }
        }
    }
}
