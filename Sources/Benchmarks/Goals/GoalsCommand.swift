import ArgumentParser
import Foundation
import LLMStreaming

/// `goals`: the whole table, or some rows of it.
struct GoalsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "goals",
        abstract: "Prints the table of goals with the measured values beside them.",
        discussion: """
            Every side gets the same streams, connections and pace from the same source of load. Where the system has \
            taskset, source and client run on a core each. Values are medians of the rounds with the least and the \
            greatest behind them; ratios are taken within a round. Rows:

            \(Goal.allCases.map { "  \($0.rawValue)\n      \($0.title)" }.joined(separator: "\n"))
            """)

    @Option(help: "Row to measure; can be given several times (default: all but build).")
    var row: [Goal] = []

    @Option(help: "Rounds of each measurement.")
    var rounds = 5

    @Option(help: "Seconds of each window.")
    var seconds = 5.0

    @Flag(help: "Small sizes, one round, no Python: shows that all of it works; its figures mean nothing.")
    var smoke = false

    @Option(help: "The program that reads job files and serves TLS (default: llm4s-batch beside this program).")
    var binary: String?

    @Option(help: "Write the table to this file, as JSON.")
    var json: String?

    mutating func validate() throws {
        try checkOption("rounds", rounds, in: 1...100)
        guard (0.1...600).contains(seconds) else {
            throw ValidationError("--seconds must be 0.1 to 600, not \(seconds)")
        }
    }

    func run() throws {
        Cleanup.onSignals()
        let scale = GoalScale(isSmoke: smoke, rounds: smoke ? 1 : rounds, seconds: smoke ? 0.3 : seconds)
        let goals = row.isEmpty ? Goal.allCases.filter { $0 != .build } : row
        let workplace = try Workplace(
            binary: binary, wantsPython: !smoke && goals.contains { $0 == .cpu || $0 == .unpaced })
        defer { workplace.remove() }
        Report.result(heading(scale))
        var table: [JSON] = []
        // A row that cannot be measured here (no compiler, no Python) is left out with a message.
        var isBroken = false
        for goal in goals {
            Report.note("measuring: \(goal.title) …")
            let lines = try goal.measure(workplace, scale)
            Report.result("\n\(goal.title)")
            for line in lines { Report.result(text(line, scale)) }
            table.append(["row": .string(goal.rawValue), "lines": .array(lines.map(\.json))])
            isBroken = isBroken || lines.contains { $0.verdict == .skipped }
        }
        if let json { try Data((JSON.array(table).text + "\n").utf8).write(to: URL(filePath: json)) }
        if isBroken { throw ExitCode.failure }
    }

    private func heading(_ scale: GoalScale) -> String {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let pinned = Child.isPinning ? "source and client on a core each" : "processes share the cores"
        return "\(cores) cores, \(pinned), \(scale.rounds) rounds of \(scale.seconds) s"
            + (scale.isSmoke ? "; small sizes, not those of the goals" : "")
    }

    private func text(_ line: GoalLine, _ scale: GoalScale) -> String {
        let verdict = scale.isSmoke || line.verdict == .figure ? "" : line.verdict.rawValue
        return "  " + pad(line.what, 52) + pad(scale.isSmoke ? "" : line.goal, 18) + pad(line.measured, 44) + verdict
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
