import LLMStreaming
import Testing

@testable import BatchEngine

/// Several workers at the one limit of their provider, each with its share, through the real runner in simulated time.
struct SharedLimitTests {
    /// How a limit is known.
    enum Knowledge: String, Sendable, CaseIterable {
        case told, headers
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var workers: Int
        var knowledge: Knowledge
        var answer = Duration.milliseconds(500)
        var testDescription: String { "\(workers) workers, the limit known by \(knowledge), answers in \(answer)" }
    }

    private static let perMinute = 600.0

    @Test(arguments: [
        Case(workers: 4, knowledge: .told), Case(workers: 16, knowledge: .told),
        Case(workers: 16, knowledge: .told, answer: .seconds(5)), Case(workers: 4, knowledge: .headers),
        Case(workers: 16, knowledge: .headers),
    ])
    func workersWithAShareEachAreHardlyRefusedAndTakeTheTimeOfTheLimit(shared: Case) throws {
        let (time, refused) = try run(shared, isShared: true)
        print("\(shared.testDescription): \(time) of the ideal time, \(refused * 100) % refused")
        #expect(time < 1.05)
        #expect(refused < 0.02)
    }

    /// The time in parts of the ideal, and which part of the requests was refused.
    private func run(_ shared: Case, isShared: Bool) throws -> (time: Double, refused: Double) {
        let jobs = 1600 / shared.workers
        let simulation = Simulation()
        let granted = GrantedRates(plans: ["lab": [Self.perMinute]], day: 86_400)
        let refusing = RefusingProvider(
            perMinute: Self.perMinute, saved: 3, answerTime: shared.answer, refusalTime: .milliseconds(50))
        var random = SeededRandom(seed: 5)
        let runs = try (0..<shared.workers).map { number in
            let phase = Double.random(in: 0..<1, using: &random)
            return try SimulatedRun(
                SimulatedRun.jobs(jobs), seed: number, in: simulation, keepsCalls: false,
                configure: {
                    if isShared, let share = WorkerShare(workers: shared.workers) {
                        $0.share = CurrentShare(share, phase: phase)
                    }
                    if shared.knowledge == .told {
                        $0.limits["lab"] = ProviderLimits(requestsPerMinute: Int(Self.perMinute))
                    }
                }
            ) { shared.knowledge == .headers ? granted.answer($0) : refusing.answer($0) }
        }
        let processes = runs.map { $0.start() }
        for process in processes { #expect(try simulation.finish(process) == .finished) }
        let answered = Double(jobs * shared.workers)
        let ideal = answered * 60 / Self.perMinute
        let refused = Double(granted.refused + refusing.refused)
        return (simulation.clock.elapsed.seconds / ideal, refused / (answered + refused))
    }
}
