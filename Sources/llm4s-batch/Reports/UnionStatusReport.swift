import BatchEngine
import BatchStore
import LLMStreaming

/// What `status` prints of several databases: all together, then a line for each.
struct UnionStatusReport {
    var status: UnionStatus
    /// The shards that no database is named for.
    var missingShards: [Int] = []
    /// Characters of a line; nil where no terminal is written to.
    var width: Int?
    /// Unix milliseconds.
    var now: Int64

    /// Each database as `status` has it of one.
    private var reports: [StatusReport] {
        status.members.map { member in
            var report = StatusReport(
                status: member.status, failures: [], width: width, path: member.database.name, now: now)
            report.shard = member.database.shard.shard
            return report
        }
    }

    private var total: StatusReport {
        var report = StatusReport(
            status: status.total, failures: status.failures, finishReasons: status.finishReasons, width: width,
            path: "",
            now: now)
        report.size = status.size
        return report
    }

    private var summary: MergeReport {
        MergeReport(databases: status.members.count, counts: status.total.counts, repeated: status.repeated)
    }

    /// Whether a worker of any of them may go on.
    var isRunning: Bool { reports.contains { $0.worker.isAlive } }

    // MARK: - JSON

    var json: JSON {
        let reports = reports
        var object = total.json.object ?? JSONObject()
        // Of one database alone.
        (object["shard"], object["waits"], object["last_second"]) = (nil, nil, nil)
        for (name, rate) in [
            ("chunks_per_second", { $0.rate(\.chunks) }), ("tokens_per_second", \.tokensPerSecond),
            ("jobs_per_second", \.jobsPerSecond),
        ] as [(String, (StatusReport) -> Double)] {
            object[name] = .double(reports.map(rate).reduce(0, +))
        }
        object["answers_made_twice"] = .int(status.repeated.count)
        object["tokens_made_twice"] = .int(status.repeated.tokens)
        object["missing_shards"] = .array(missingShards.map(JSON.int))
        object["databases"] = .array(
            reports.map { report in
                var database = JSONObject()
                database["path"] = .string(report.path)
                database["shard"] = report.shard.map { .string($0.text) } ?? .null
                database["jobs"] = report.status.counts.json
                database["run"] = report.run ?? .null
                return .object(database)
            })
        return .object(object)
    }

    // MARK: - Text

    var text: String {
        let total = total
        var lines = TerminalText.wrapped(summary.text, first: "", indentation: 2, width: width)
        if !missingShards.isEmpty { lines += total.row("missing", missing) }
        lines += total.figures + running + table + dead + total.failureLines
        return lines.joined(separator: "\n")
    }

    private var missing: String {
        let (count, most) = (missingShards.count, 8)
        let numbers = missingShards.prefix(most).map(\.grouped).joined(separator: ", ")
        return "\(count == 1 ? "shard" : "shards") \(numbers)"
            + (count > most ? " and \((count - most).grouped) more" : "")
    }

    /// What the workers do together; none where none works.
    private var running: [String] {
        let workers = reports.filter { $0.worker.isAlive }
        guard !workers.isEmpty else { return [] }
        let jobs = workers.map(\.jobsPerSecond).reduce(0, +)
        let tokens = workers.map(\.tokensPerSecond).reduce(0, +)
        let counts = status.total.counts
        let left = counts.pending + counts.interrupted + counts.running
        let time = jobs > 0 && left > 0 ? ", time left \(FigureText.duration(Double(left) / jobs))" : ""
        return total.row(
            "running",
            "\(workers.count.counted("worker")), \(jobs.rounded(to: 1)) jobs/s, "
                + "\(Int(tokens.clamped(to: 0...1e15)).grouped) tokens/s\(time)")
    }

    /// A line for each database, with its path last: where it is too long, its beginning is left out.
    private var table: [String] {
        let reports = reports
        let hasShards = reports.contains { $0.shard != nil }
        let rows = reports.map { report -> [String] in
            let counts = report.status.counts
            let ended = counts.completed + counts.failed + counts.cancelled
            return (hasShards ? [report.shard?.text ?? "-"] : [])
                + [report.state, "\(ended.grouped) of \(counts.total.grouped)"]
        }
        let heads = (hasShards ? ["shard"] : []) + ["state", "done"]
        let widths = heads.indices.map { column in ([heads] + rows).map { $0[column].count }.max() ?? 0 }
        let line = { (cells: [String]) in "  " + zip(cells, widths).map { $0.padded(to: $1 + 2) }.joined() }
        let room = width.map { max(12, $0 - 2 - widths.reduce(0) { $0 + $1 + 2 }) } ?? 200
        return [line(heads) + "database"]
            + zip(rows, reports).map { row, report in line(row) + Self.end(of: report.path, limit: room) }
    }

    private static func end(of path: String, limit: Int) -> String {
        let flat = TerminalText.line(path, limit: .max)
        return flat.count <= limit ? flat : "…" + flat.suffix(limit - 1)
    }

    /// What to do about workers that died.
    private var dead: [String] {
        let dead = reports.filter { $0.worker == .dead }
        guard let first = dead.first else { return [] }
        let others = dead.count > 1 ? ", and so for the \(dead.count == 2 ? "other" : "others")" : ""
        return total.row(
            "dead",
            "\(dead.count.counted("worker")) ended without a word; what was counted is stored; go on: llm4s-batch "
                + "resume --db \(first.path)\(others)")
    }
}

extension StatusReport {
    /// What becomes of the database, in a word.
    fileprivate var state: String {
        switch worker {
        case .working: "running"
        case .frozen: "frozen"
        case .dead: "dead"
        case .none:
            switch status.run?.status {
            case nil: "no run yet"
            case .finished: "finished"
            case .running, .interrupted: "stopped"
            }
        }
    }
}
