import ArgumentParser
import Foundation

/// A row of the table of goals, that can be measured alone.
enum Goal: String, CaseIterable, ExpressibleByArgument {
    case cpu, unpaced, latency, memory, streams, tls, ingest, startup, growth, build

    /// What it measures.
    var title: String {
        switch self {
        case .cpu: "CPU per event, 1,000 streams at 20 events/s, every chunk stored, durability full"
        case .unpaced: "events a second without a pace, ten a packet, a row per chunk"
        case .latency: "added latency with --latency low at 1,000 paced streams, server stamp to decoded chunk"
        case .memory: "memory: a stream, 1,400 streams with 4 KB prompts"
        case .streams: "10,000 open streams"
        case .tls: "the same over TLS, from the mock"
        case .ingest: "1,000,000 job lines of 1 KB: time, and memory a job"
        case .startup: "start-up with a finished database of 100,000 jobs"
        case .growth: "cost growth from 100,000 to 10,000,000 chunks"
        case .build: "first release build, dependencies fetched"
        }
    }

    /// Measures it.
    func measure(_ workplace: Workplace, _ scale: GoalScale) throws -> [GoalLine] {
        switch self {
        case .cpu: try StreamGoals(workplace, scale).cpu()
        case .unpaced: try StreamGoals(workplace, scale).unpaced()
        case .latency: try StreamGoals(workplace, scale).latency()
        case .memory: try StreamGoals(workplace, scale).memory()
        case .streams: try StreamGoals(workplace, scale).manyStreams()
        case .tls: try TLSGoal(workplace, scale).measure()
        case .growth: try StreamGoals(workplace, scale).growth()
        case .ingest: try JobGoals(workplace, scale).ingest()
        case .startup: try JobGoals(workplace, scale).startUp()
        case .build: BuildGoal(workplace).measure()
        }
    }
}

/// How large the measurements are: the goals' own sizes, or small ones that only show that all of it works.
struct GoalScale {
    var isSmoke: Bool
    var rounds: Int
    var seconds: Double

    var streams: Int { isSmoke ? 20 : 1_000 }
    var manyStreams: Int { isSmoke ? 100 : 10_000 }
    var promptStreams: Int { isSmoke ? 30 : 1_400 }
    /// openai-python saturates a core with more.
    var slowStreams: Int { isSmoke ? 10 : 100 }
    var fewJobs: Int { isSmoke ? 100 : 1_000 }
    var manyJobs: Int { isSmoke ? 2_000 : 1_000_000 }
    var finishedJobs: Int { isSmoke ? 500 : 100_000 }
    var manyChunks: Int { isSmoke ? 200_000 : 10_000_000 }
}

/// How long the first release build takes, its dependencies fetched before; once, as it takes minutes.
struct BuildGoal {
    private let workplace: Workplace

    init(_ workplace: Workplace) { self.workplace = workplace }

    func measure() -> [GoalLine] {
        let folder = workplace.scratch.path("build")
        let swift = ["/usr/bin/env", "swift"]
        let package = ["--package-path", Workplace.root.path, "--scratch-path", folder]
        guard Child.output(swift + ["package"] + package + ["resolve"]) != nil else {
            return [GoalLine("release build", skipped: "its dependencies cannot be fetched")]
        }
        let start = ContinuousClock.now
        guard
            Child.output(swift + ["build", "-c", "release", "--product", "llm4s-batch"] + package, limit: 3600) != nil
        else { return [GoalLine("release build", skipped: "it failed")] }
        let seconds = start.duration(to: .now) / .seconds(1)
        return [
            GoalLine("swift build -c release --product llm4s-batch", .atMost(180), [seconds], unit: " s", digits: 0)
        ]
    }
}
