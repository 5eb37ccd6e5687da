import LLMStreaming
import Testing

@testable import BatchEngine

/// Several workers at the one limit of their provider, each with its share, through the real runner in simulated time.
struct SharedLimitTests {
    /// How a limit is known.
    enum Knowledge: String, Sendable { case told, headers }

    struct Case: Sendable, CustomTestStringConvertible {
        var workers: Int
        var knowledge: Knowledge
        var answer = Duration.milliseconds(500)
        var testDescription: String { "\(workers) workers, the limit known by \(knowledge), answers in \(answer)" }
    }

    @Test(arguments: [
        Case(workers: 4, knowledge: .told), Case(workers: 16, knowledge: .told),
        Case(workers: 16, knowledge: .told, answer: .seconds(5)), Case(workers: 4, knowledge: .headers),
        Case(workers: 16, knowledge: .headers),
    ])
    func workersWithAShareEachAreHardlyRefusedAndTakeTheTimeOfTheLimit(shared: Case) throws {
        // As many as the figures of learnt rates are of: some forty are refused before headers have told sixteen workers.
        let jobs = Array(repeating: 2000 / shared.workers, count: shared.workers)
        let group = try Group(jobs, knownBy: shared.knowledge, answer: shared.answer)
        try group.finish(0..<shared.workers)
        try group.expectTheTimeOfTheLimit(shared.testDescription)
    }

    /// The same without a share shows that the limit is one.
    @Test func workersThatEachSpendTheWholeLimitAreRefused() throws {
        let group = try Group(Array(repeating: 200, count: 4), knownBy: .told, isShared: false)
        try group.finish(0..<4)
        #expect(group.refused > 0.1)
    }

    @Test(arguments: [Knowledge.told, .headers])
    func workersThatAreLeftSpendWhatOthersDidAtOnce(knowledge: Knowledge) throws {
        let group = try Group(
            Array(repeating: 20, count: 11) + Array(repeating: 400, count: 5), knownBy: knowledge)
        try group.finish(0..<11)
        let alive = try #require(WorkerShare(workers: 5))
        for share in group.shares[11...] { share.set(alive) }
        try group.finish(11..<16)
        try group.expectTheTimeOfTheLimit("11 of 16 workers go, the limit known by \(knowledge)")
    }

    /// The same where each finds out by signs of life in a shared folder, looked at every 30 seconds.
    @Test(arguments: [true, false])
    func workersThatAreLeftFindOutBySignsOfLife(isSaid: Bool) throws {
        let group = try Group(
            Array(repeating: 20, count: 11) + Array(repeating: isSaid ? 2000 : 4000, count: 5), knownBy: .told)
        try group.finishWatching(isEndSaid: isSaid)
        try group.expectTheTimeOfTheLimit("11 of 16 workers go, \(isSaid ? "and say so" : "silently")")
    }

    /// Workers in one simulated time.
    private final class Group {
        private static let perMinute = 600.0

        private let simulation = Simulation()
        private let granted = GrantedRates(plans: ["lab": [perMinute]], day: 86_400)
        private let refusing: RefusingProvider
        private var processes: [Simulation.Process<RunEnding>] = []
        private(set) var shares: [CurrentShare] = []
        private let answered: Double

        /// - Parameter jobs: of each worker.
        init(
            _ jobs: [Int], knownBy knowledge: Knowledge, answer: Duration = .milliseconds(500), isShared: Bool = true
        ) throws {
            answered = Double(jobs.reduce(0, +))
            refusing = RefusingProvider(
                perMinute: Self.perMinute, saved: 3, answerTime: answer, refusalTime: .milliseconds(50))
            var random = SeededRandom(seed: 5)
            let runs = try jobs.enumerated().map { number, count in
                let share = try #require(WorkerShare(workers: isShared ? jobs.count : 1))
                let current = CurrentShare(share, phase: isShared ? .random(in: 0..<1, using: &random) : 1)
                shares.append(current)
                return try SimulatedRun(
                    SimulatedRun.jobs(count), seed: number, in: simulation, keepsCalls: false,
                    configure: {
                        $0.share = current
                        if knowledge == .told {
                            $0.limits["lab"] = ProviderLimits(requestsPerMinute: Int(Self.perMinute))
                        }
                    }
                ) { [granted, refusing] in knowledge == .headers ? granted.answer($0) : refusing.answer($0) }
            }
            processes = runs.map { $0.start() }
        }

        func finish(_ workers: Range<Int>) throws {
            for process in processes[workers] { #expect(try simulation.finish(process) == .finished) }
        }

        /// Runs all to the end; each watches the others, as in a folder that all see.
        ///
        /// - Parameter isEndSaid: whether those that have ended say so.
        func finishWatching(isEndSaid: Bool) throws {
            let interval = Duration.seconds(30)
            let names = processes.indices.map { WorkerName(number: UInt64($0)) }
            var watches = names.map { LiveWorkers(own: $0, interval: interval) }
            var signs: [Int: Heartbeat] = [:]
            var tick = 0
            while processes.contains(where: { $0.value == nil }) {
                tick += 1
                try #require(tick < 10_000, "the workers never end")
                let living = processes.indices.filter { processes[$0].value == nil }
                for number in processes.indices {
                    if living.contains(number) {
                        signs[number] = Heartbeat(worker: names[number], .alive(number: tick, interval: interval))
                    } else if isEndSaid {
                        signs[number] = Heartbeat(worker: names[number], .ended)
                    }
                }
                for number in living {
                    watches[number].observe(signs.values, at: simulation.clock.elapsed)
                    let share = WorkerShare(workers: watches[number].count(at: simulation.clock.elapsed))
                    shares[number].set(try #require(share))
                }
                simulation.advance(by: interval)
            }
            for process in processes { #expect(process.value == .finished) }
        }

        /// Which part of the requests was refused.
        var refused: Double {
            let refused = Double(granted.refused + refusing.refused)
            return refused / (answered + refused)
        }

        func expectTheTimeOfTheLimit(_ what: String) throws {
            let time = simulation.clock.elapsed.seconds / (answered * 60 / Self.perMinute)
            print("\(what): \(time) of the ideal time, \(refused * 100) % refused")
            #expect(time < 1.05)
            #expect(refused < 0.02)
        }
    }
}
