import ArgumentParser
import BatchEngine
import BatchStore
import LLM4SBatch
import LLMStreaming

/// `status`: where a batch stands; reads only, also while a worker runs.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows where a batch stands: jobs by state, rate, tokens, what waits for what.",
        discussion: """
            Of several databases, such as the shards of a run, it shows all together, each job counted once, and then a \
            line for each.
            """)

    @OptionGroup var databases: NamedDatabases

    @Flag(help: "Print one JSON object: times in Unix milliseconds.")
    var json = false

    @Flag(help: "Print it again every two seconds until no worker runs; wait for a database that is not there yet.")
    var watch = false

    /// The one that was named.
    private var path: String { databases.paths[0] }

    func run() async throws {
        guard databases.paths.count == 1 else { return try await showUnion() }
        let (reader, hasWaited) = try await open()
        var isDrawn = false
        var ends = FinishReasonCounts()
        var size: (size: DatabaseSize, looks: Int)?
        while true {
            let status = try await reader.status()
            ends = try await reader.finishReasons(since: ends)
            // While it is watched, and at its end: it reads some megabytes.
            if size.map({ $0.looks >= 15 || status.run?.status != .running }) ?? true {
                size = (try await reader.size(), 0)
            }
            size?.looks += 1
            var report = StatusReport(
                status: status, failures: status.counts.failed > 0 ? try await reader.failures() : [],
                finishReasons: ends.counts,
                width: Console.outputWidth, path: path,
                now: TimeOfDay.unixMilliseconds)
            report.size = size?.size
            report.shard = try await reader.shard().shard
            // A frozen worker may go on: it is shown, and watched until it ends or dies.
            // A database that has just been made has no run yet.
            let isRunning = report.worker.isAlive || hasWaited && status.run == nil
            if json {
                Console.output(report.json)
            } else if watch, isRunning, let (width, height) = Console.outputSize {
                if !isDrawn { Console.output(bytes: Array("\u{1B}[2J".utf8)) }
                isDrawn = true
                Console.output(bytes: Array(StatusScreen(report: report, width: width, height: height).text.utf8))
            } else {
                // What stays at the end is the report alone.
                if isDrawn { Console.output(bytes: Array("\u{1B}[H\u{1B}[J".utf8)) }
                Console.output(report.text)
            }
            guard watch, isRunning else { break }
            try await Task.sleep(for: .seconds(2))
        }
        await reader.close()
    }

    /// Opens the database; with `--watch` once it is there.
    private func open() async throws -> (reader: BatchReader, hasWaited: Bool) {
        var hasWaited = false
        while true {
            do {
                return (try await BatchReader.open(path), hasWaited)
            } catch {
                guard watch, error.kind == .missing else { throw error }
                if !hasWaited { Console.error("\(path) is not there yet: waiting for it") }
                hasWaited = true
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}

/// What `status --watch` shows on a terminal, drawn over what it showed before: without a flicker, since nothing is
/// cleared that is written again.
struct StatusScreen {
    var report: StatusReport
    /// Of the terminal, in characters.
    var width: Int
    var height: Int

    /// The bytes for the terminal.
    var text: String { Self.drawing(lines, width: width, height: height) }

    /// The bytes that draw lines over what was there before: as many as there is room for.
    static func drawing(_ lines: [String], width: Int, height: Int) -> String {
        let lines = lines.prefix(max(1, height - 1)).map { TerminalText.line($0, limit: max(1, width - 1)) }
        return "\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    }

    private var lines: [String] {
        var report = report
        // A terminal may begin a new line once its last column is written.
        report.width = width - 1
        var lines = report.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines.insert(contentsOf: ["  " + bar, ""], at: min(1, lines.count))
        let tokens = report.status.seconds.map(\.outputTokens).suffix(max(0, min(60, width - 16)))
        if let most = tokens.max(), most > 0 {
            lines += ["", "  tokens/s    " + Sparkline.text(Array(tokens))]
            lines.append("              the last \(tokens.count) s, at most \(most.grouped)")
        }
        return lines
    }

    private var bar: String {
        let counts = report.status.counts
        let ended = counts.completed + counts.failed + counts.cancelled
        let part = counts.total > 0 ? Double(ended) / Double(counts.total) : 0
        let ofAll = "\(ended.grouped) of \(counts.total.grouped) ended"
        let figures = " \(Int(part * 100)) % · \(ofAll)"
        return ProgressBar.text(part, width: max(8, min(50, width - 4 - figures.count))) + figures
    }
}
