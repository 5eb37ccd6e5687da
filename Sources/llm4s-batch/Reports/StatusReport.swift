import BatchEngine
import BatchStore
import LLM4SBatch
import LLMStreaming

/// What `status` prints.
struct StatusReport {
    var status: StatusSummary
    /// The failed jobs, by kind, status and message.
    var failures: [FailureGroup]
    /// How the answers ended.
    var finishReasons: [FinishReason: Int] = [:]
    /// Characters of a line; nil where no terminal is written to.
    var width: Int?
    var path: String
    /// Unix milliseconds.
    var now: Int64
    /// What it costs on disk; nil where that was not asked.
    var size: DatabaseSize?
    /// Which part of the input its jobs are; nil for the whole.
    var shard: JobShard?

    var json: JSON {
        var object = JSONObject()
        object["jobs"] = status.counts.json
        object["failures"] = .array(failures.map { FailureReport(group: $0).json })
        object["waiting"] = .array(
            status.waiting.map { waiting in
                [
                    "provider": .string(waiting.provider), "error_kind": waiting.errorKind.map(JSON.string) ?? .null,
                    "jobs": .int(waiting.count),
                    "next_due_ms": .int(Int(waiting.nextDueMilliseconds)),
                ]
            })
        object["tokens"] = ["prompt": .int(status.promptTokens), "completion": .int(status.completionTokens)]
        object["resuming"] = [
            "attempts": .int(status.resumedAttempts), "saved_tokens": .int(status.savedTokens),
            "wasted_tokens": .int(status.wastedTokens),
            "joined_answers": .object(
                JSONObject(
                    status.joinedAnswers.sorted { $0.key < $1.key }
                        .map { .init(key: String($0.key), value: .int($0.value)) })),
        ]
        object["cost_usd"] = status.costUSD.map(JSON.double) ?? .null
        object["unpriced"] = .int(status.unpriced)
        object["waits"] = .array(waits)
        object["endpoints"] = endpoints
        object["chunks_per_second"] = .double(rate(\.chunks))
        object["tokens_per_second"] = .double(tokensPerSecond)
        object["finish_reasons"] = FinishReport(counts: finishReasons).json
        object["jobs_per_second"] = .double(jobsPerSecond)
        object["size"] = sizeReport?.json
        object["last_second"] = status.seconds.last.map { .int(Int($0.second)) } ?? .null
        object["shard"] = shard.map { .string($0.text) } ?? .null
        object["run"] = run
        return .object(object)
    }

    /// The newest run; nil before the first.
    var run: JSON? {
        status.run.map { run in
            [
                "run_id": .int(Int(run.id)), "command": .string(run.command), "status": .string(run.status.rawValue),
                "started_ms": .int(Int(run.startedMilliseconds)),
                "finished_ms": run.finishedMilliseconds.map { .int(Int($0)) } ?? .null,
                "exit_code": run.exitCode.map { .int($0) } ?? .null, "host": .string(run.host), "pid": .int(run.pid),
                "worker": .string(worker.word), "stop_reason": run.stopReason.map(JSON.string) ?? .null,
                "share": run.share.map(JSON.string) ?? .null,
            ]
        }
    }

    var text: String {
        let counts = status.counts
        var lines = [TerminalText.line(path, limit: 200)]
        let states = [
            ("completed", counts.completed), ("failed", counts.failed), ("running", counts.running),
            ("interrupted", counts.interrupted), ("pending", counts.pending), ("cancelled", counts.cancelled),
        ]
        for (name, count) in states where count > 0 || name == "completed" {
            lines.append("  \(name.padded(to: 12))\(count.grouped)")
        }
        if counts.gone > 0 { lines.append("  of these, \(counts.gone.grouped) are gone from their file") }
        if let shard { lines += row("shard", shard.text) }
        lines += figures
        if let run = status.run { lines += runLines(run) }
        if let share = status.run?.share {
            lines += row("share", "\(TerminalText.line(share, limit: 60)) of the rates")
        }
        lines += failureLines
        return lines.joined(separator: "\n")
    }

    var failureLines: [String] { FailureReport.lines(failures, width: width.map { $0 - 2 }).map { "  " + $0 } }

    /// What jobs wait for, and what they took.
    var figures: [String] {
        var lines: [String] = []
        for waiting in status.waiting {
            let wait = Double(waiting.nextDueMilliseconds - now) / 1000
            let kind = waiting.errorKind ?? "an error"
            lines += line(WaitWords.retries(waiting.count, of: waiting.provider, after: kind, in: wait))
        }
        for wait in waits where !isPaused { lines += line(text(of: wait)) }
        lines += row("tokens", "\(status.promptTokens.grouped) in, \(status.completionTokens.grouped) out")
        if let ends = FinishReport(counts: finishReasons).text { lines += row("answers", ends) }
        if let resuming { lines += row("resumed", resuming) }
        if let cost = status.costUSD {
            lines += row("cost", FigureText.cost(cost) + FigureText.unpriced(status.unpriced))
        }
        if let sizeReport { lines += row("on disk", sizeReport.text) }
        return lines
    }

    private var sizeReport: SizeReport? {
        size.map { SizeReport(size: $0, completed: status.counts.completed, total: status.counts.total) }
    }

    /// A line of its own, in lines of the terminal's width.
    private func line(_ text: String) -> [String] {
        TerminalText.wrapped(text, first: "  ", indentation: 4, width: width)
    }

    /// A text behind a name, in lines of the terminal's width, those behind the first below its text.
    func row(_ name: String, _ text: String) -> [String] {
        TerminalText.wrapped(text, first: "  \(name.padded(to: 12))", indentation: 14, width: width)
    }

    /// What jobs wait for, as the worker stored it.
    private func text(of wait: JSON) -> String {
        let until = wait["until_ms"]?.int.map { time in
            Double(Int64(time).clamped(to: NumberGate.unixMilliseconds) - now) / 1000
        }
        let limit = wait["streams"]?.int.map {
            StreamLimit(streams: $0, silent: wait["silent"]?.int ?? 0, silentSeconds: wait["silent_s"]?.int ?? 0)
        }
        return WaitWords.text(wait["name"]?.string ?? "", wait["reason"]?.string ?? "", until, limit)
    }

    /// What going on from partial output came to; nil where nothing was interrupted.
    private var resuming: String? {
        guard status.resumedAttempts > 0 || status.wastedTokens > 0 else { return nil }
        let joined = status.joinedAnswers.sorted { $0.key < $1.key }
            .map { "\($0.value.grouped) answers in \($0.key) pieces" }
        let tokens =
            "\(status.savedTokens.grouped) tokens saved, \(status.wastedTokens.grouped) wasted"
        return (["\(status.resumedAttempts.grouped) times, \(tokens)"] + joined).joined(separator: "; ")
    }

    /// What becomes of the newest run.
    var worker: StatusSummary.Worker { status.worker(at: now) }

    private func runLines(_ run: RunRecord) -> [String] {
        let process = "process \(run.pid) on \(TerminalText.line(run.host, limit: 60))"
        if worker == .dead {
            let last = status.seconds.last.map { Double(max(0, now - $0.second * 1000)) / 1000 }
            let ago = last.map { ", last heard of \(FigureText.duration($0)) ago" } ?? ""
            return row("dead", "\(run.command), \(process): it ended without a word\(ago)")
                + row("", "what was counted is stored; go on: llm4s-batch resume --db \(path)")
        }
        guard run.status == .running else {
            let seconds = Double((run.finishedMilliseconds ?? run.startedMilliseconds) - run.startedMilliseconds) / 1000
            let exit = run.exitCode.map { ", exit status \($0)" } ?? ""
            let stopped = run.stopReason.map { row("stopped", TerminalText.line($0, limit: 300)) }
            return row(
                "last run", "\(run.command), \(run.status.rawValue) after \(FigureText.duration(seconds))\(exit)")
                + (stopped ?? [])
        }
        if case .frozen(let silence) = worker {
            let silent = FigureText.duration(silence.seconds)
            return row("frozen", "\(run.command), \(process): it lives, and has written nothing for \(silent)")
                + row("", "it is stopped, or its disk does not answer")
        }
        let time = FigureText.duration(Double(now - run.startedMilliseconds) / 1000)
        var lines = row(isPaused ? ProgressLine.paused : "running", "\(run.command), \(process), since \(time)")
        if isPaused { lines += row("", "llm4s-batch ctl --db \(path) continue goes on") }
        lines += EndpointLines(endpoints: toldEndpoints, width: width).lines
        lines += row(
            "rate", "\(jobsPerSecond.rounded(to: 1)) jobs/s, \(Int(tokensPerSecond).grouped) tokens/s")
        if let time = secondsLeft { lines += row("time left", FigureText.duration(time)) }
        return lines
    }

    /// How long the rest takes at the present rate; nil where that cannot be told.
    var secondsLeft: Double? {
        let left = status.counts.pending + status.counts.interrupted + status.counts.running
        guard worker == .working, left > 0, !isPaused else { return nil }
        // A wait may be longer than the rate makes believe.
        var times = waits.filter { $0["of_one_endpoint"]?.bool != true }.compactMap { $0["until_ms"]?.double }
        times += status.waiting.map { Double($0.nextDueMilliseconds) }
        times = times.map { ($0 - Double(now)) / 1000 }
        if jobsPerSecond > 0 { times.append(Double(left) / jobsPerSecond) }
        return times.max().flatMap { $0 > 0 ? $0 : nil }
    }

    /// What jobs that could be sent waited for a second ago, as the worker stored it.
    private var waits: [JSON] {
        guard worker == .working, let text = status.seconds.last?.waits else { return [] }
        return (try? JSONParser.parse(Array(text.utf8)))?.array ?? []
    }

    /// How the endpoints of the newest run stood when they were last looked at, as the worker stored it.
    private var endpoints: JSON { .array((status.run?.endpoints).flatMap { JSON.parsed(Array($0.utf8)) }?.array ?? []) }

    /// Those that `status` prints and the page shows; none without a worker.
    var toldEndpoints: [EndpointSnapshot] { worker == .working ? EndpointSnapshot.all(endpoints).told : [] }

    /// Whether the user has paused the run.
    var isPaused: Bool { waits.first?["reason"]?.string == WaitReason.paused.text }

    var tokensPerSecond: Double { rate(\.outputTokens) }
    var jobsPerSecond: Double { rate(\.completed) + rate(\.failed) }

    /// Of what a working run does, a second.
    func rate(_ value: KeyPath<RunSecond, Int>) -> Double {
        guard worker == .working, !status.seconds.isEmpty else { return 0 }
        return Double(status.seconds.reduce(0) { $0 + $1[keyPath: value] }) / Double(status.seconds.count)
    }
}

extension JobCounts {
    var json: JSON {
        [
            "total": .int(total), "completed": .int(completed), "failed": .int(failed), "running": .int(running),
            "interrupted": .int(interrupted), "pending": .int(pending), "cancelled": .int(cancelled),
            "gone": .int(gone),
        ]
    }
}

extension StatusSummary.Worker {
    /// The word for programs: `none`, `working`, `frozen` or `dead`.
    var word: String {
        switch self {
        case .none: "none"
        case .working: "working"
        case .frozen: "frozen"
        case .dead: "dead"
        }
    }
}
