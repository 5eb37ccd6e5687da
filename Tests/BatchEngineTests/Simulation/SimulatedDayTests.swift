import BatchEngine
import Foundation
import LLMStreaming
import Testing

/// A day of three providers whose limits change, through the real runner in simulated time.
///
/// Small in CI; LLM4S_DAY_JOBS=1000000 runs the whole day.
struct SimulatedDayTests {
    private static let count = ProcessInfo.processInfo.environment["LLM4S_DAY_JOBS"].flatMap(Int.init) ?? 20_000

    /// What a provider grants in the course of the day, in requests a minute, by hours of the simulated day.
    private static let plans: [String: [Double]] = [
        "a": [400, 200, 400, 300], "b": [200, 300, 100, 300], "c": [100, 100, 200, 200],
    ]

    @Test func aDayOfChangingLimitsComesNearTheIdeal() throws {
        let count = Self.count
        let names = Self.plans.keys.sorted()
        // The day is as long as the ideal throughput needs for the jobs, its four parts included.
        let mean = Self.plans.values.reduce(0.0) { $0 + $1.reduce(0, +) / 4 }
        let day = Double(count) / mean * 60
        // Each provider gets what it can do in that time, mixed at random in the queue.
        var left = names.map { name in Int(Self.plans[name]!.reduce(0, +) / 4 / mean * Double(count)) }
        var random = SeededRandom(seed: SeededRandom.seed(20))
        var jobs: [Job] = []
        jobs.reserveCapacity(count)
        while let total = Optional(left.reduce(0, +)), total > 0 {
            var pick = Int.random(in: 0..<total, using: &random)
            let index = left.firstIndex { part in
                pick -= part
                return pick < 0
            }!
            left[index] -= 1
            jobs += SimulatedRun.jobs(1, from: jobs.count + 1, provider: names[index])
        }
        let granted = GrantedRates(plans: Self.plans, day: day)
        let run = try SimulatedRun(
            jobs, providers: names, seed: 20,
            store: { SimulatedJobStore($0, jobs: $1, commits: .after(.seconds(1)), keepsHistory: false) },
            keepsCalls: false,
            configure: { $0.concurrency = 256 }
        ) { call in granted.answer(call) }
        let start = ContinuousClock.now
        #expect(try run.finish(limit: .seconds(30 * 86_400)) == .finished)
        let real = start.duration(to: .now).seconds
        let elapsed = run.simulation.clock.elapsed.seconds
        let refused = granted.refused
        #expect(run.store.count(.completed) == jobs.count)
        #expect(elapsed < day * 1.1)
        #expect(refused * 50 < jobs.count)
        print(
            "\(jobs.count) jobs: \(Int(elapsed)) s of simulated time, \(Int(day)) s ideal "
                + "(\(Int(100 * day / elapsed)) %), \(refused) refused, \(Int(real * 1e6) / jobs.count) us a job")
    }
}
