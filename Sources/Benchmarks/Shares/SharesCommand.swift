import ArgumentParser
import Foundation
import LLMStreaming

/// `shares`: how several workers get along with the one limit of their provider, with a share each and without.
struct SharesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shares",
        abstract: "Runs several workers at a provider with one limit, and tells their time and what was refused.",
        discussion: """
            The provider is llm4s-batch mock in a process of its own, the workers are processes of llm4s-batch run with a \
            job file each. The time is from the start of the first to the end of the last, in parts of what the limit \
            takes for all jobs.
            """)

    @Option(help: "Workers; can be given several times (default: 1, 4 and 16).")
    var workers: [Int] = []

    @Option(help: "Jobs of all workers together.")
    var jobs = 2000

    @Option(help: "Requests a minute that the provider takes.")
    var rpm = 6000

    @Option(help: "The model, in the words of llm4s-batch mock.")
    var model = "count-5+pace=50ms"

    @Option(help: "The program that runs and serves (default: llm4s-batch beside this program).")
    var binary: String?

    /// How the workers know the limit.
    private enum Telling: String, CaseIterable {
        case rpm = "--rpm", headers, refusals
    }

    mutating func validate() throws {
        for count in workers { try checkOption("workers", count, in: 1...1000) }
        try checkOption("jobs", jobs, in: 1...1_000_000)
        try checkOption("rpm", rpm, in: 1...1_000_000)
    }

    func run() throws {
        Cleanup.onSignals()
        let workplace = try Workplace(binary: binary, wantsPython: false)
        defer { workplace.remove() }
        Report.result("\(jobs) jobs of \(model) at \(rpm) a minute: \(ideal) s at best")
        Report.result("workers  limit told by  with --share: time, refused   without: time, refused")
        for count in workers.isEmpty ? [1, 4, 16] : workers {
            for telling in Telling.allCases {
                let figures = try [true, false].map { isShared in
                    let (seconds, refused) = try measure(count, telling, isShared: isShared, workplace)
                    let time = (seconds / ideal * 100).rounded() / 100
                    return "\(time) ×, \((refused * 1000).rounded() / 10) %"
                }
                let name = telling.rawValue.padding(toLength: 15, withPad: " ", startingAt: 0)
                let workers = "\(count)".padding(toLength: 9, withPad: " ", startingAt: 0)
                let shared = figures[0].padding(toLength: 30, withPad: " ", startingAt: 0)
                Report.result(workers + name + shared + figures[1])
            }
        }
    }

    /// The seconds that the limit takes for all jobs.
    private var ideal: Double { Double(jobs) * 60 / Double(rpm) }

    /// The seconds that the workers took, and which part of their requests was refused.
    private func measure(
        _ count: Int, _ telling: Telling, isShared: Bool, _ workplace: Workplace
    ) throws -> (seconds: Double, refused: Double) {
        let log = workplace.scratch.path("\(UUID().uuidString).log")
        // What is saved up would make the time shorter than that of the rate.
        let style = telling == .headers ? "openai" : "none"
        let server = try Source(
            scratch: workplace.scratch,
            server: [
                workplace.binary, "mock", "--rpm", "\(rpm)", "--burst", "1s", "--rate-headers", style, "--log", log,
            ])
        defer { server.stop() }
        var options = ["--base-url", server.url, "--progress", "none"]
        if telling == .rpm { options += ["--rpm", "\(rpm)"] }
        if isShared { options += ["--share", "1/\(count)"] }
        let files = try (0..<count).map { number in
            try write(jobs / count + (number < jobs % count ? 1 : 0), of: number, workplace)
        }
        let start = ContinuousClock.now
        let children = try files.map { file in
            try Child([workplace.binary, "run", file] + options, errors: "/dev/null", limit: 3600)
        }
        for child in children where child.wait() != 0 { throw ValidationError("a worker failed") }
        let seconds = start.duration(to: .now) / .seconds(1)
        let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        let refused = lines.count { $0.contains(#""status":429"#) }
        return (seconds, Double(refused) / Double(max(1, lines.count)))
    }

    private func write(_ count: Int, of worker: Int, _ workplace: Workplace) throws -> String {
        let path = workplace.scratch.path("\(UUID().uuidString).jsonl")
        let lines = (0..<count).map { #"{"id":"\#(worker)-\#($0)","model":"mock/\#(model)","prompt":"x"}"# + "\n" }
        try lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}
