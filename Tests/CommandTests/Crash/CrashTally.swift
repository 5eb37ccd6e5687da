import Foundation
import Testing

/// The trials of one kind, added up.
struct CrashTally {
    /// How many trials of each kind there are: some, or by LLM4S_CRASH_TRIALS many; a sweep has as many as calls.
    static func trials(_ small: Int) -> Int { Project.size("LLM4S_CRASH_TRIALS", small) }

    var name: String
    private(set) var trials: [CrashTrial] = []

    /// Runs trials, several at a time: most of each is waiting.
    init<Input: Sendable>(
        _ name: String, _ inputs: some Sequence<Input>, _ trial: @escaping @Sendable (Input) async throws -> CrashTrial
    ) async throws {
        self.name = name
        trials = try await withThrowingTaskGroup(of: CrashTrial.self) { group in
            var results: [CrashTrial] = []
            var open = 0
            for input in inputs {
                if open == 4, let next = try await group.next() {
                    results.append(next)
                    open -= 1
                }
                group.addTask { try await trial(input) }
                open += 1
            }
            for try await result in group { results.append(result) }
            return results
        }
    }

    /// Fails the test for every trial that found something, prints the row of the table, and expects that trials bit.
    func expectNothing() {
        for trial in trials where !trial.findings.isEmpty {
            let words = trial.findings.prefix(5).map { "\($0)" }.joined(separator: "; ")
            Issue.record("\(name): \(trial.name), run with LLM4S_SEED=\(Project.seed): \(words)")
        }
        let met = trials.count { $0.isMet }
        #expect(met > 0, "\(name): no trial met the run")
        print(row)
    }

    /// Its row in the table of `.ci/crash`.
    var row: String {
        let findings = trials.flatMap(\.findings)
        let figures = [
            trials.count, trials.count { $0.isMet }, trials.map(\.told).reduce(0, +),
            findings.count { if case .lost = $0 { true } else { false } },
            findings.count { if case .doubled = $0 { true } else { false } },
            findings.count { if case .changed = $0 { true } else { false } },
            findings.count { if case .broken = $0 { true } else { false } },
            findings.count { if case .ending = $0 { true } else { false } },
            findings.count { if case .unfinished = $0 { true } else { false } },
        ]
        return "| \(name) | " + figures.map(Self.grouped).joined(separator: " | ") + " |"
    }

    private static func grouped(_ number: Int) -> String {
        number < 1_000 ? "\(number)" : grouped(number / 1_000) + "," + String("\(1_000 + number % 1_000)".dropFirst())
    }
}
