import BatchEngine
import LLM4SBatch
import LLMStreaming

/// Tells what happens in a run: as messages, or with `--progress json` as one object a line.
struct EventLog: Sendable {
    var isJSON: Bool
    /// The providers of several endpoints: of these a message names the one that was asked.
    var pools: Set<String> = []

    /// Tells of one event.
    func tell(_ event: RunEvent) {
        switch event {
        case .attemptEnded(let report): tell(report)
        case .cancelled(_, let id):
            show("job_ended", .debug, "job '\(id)' was cancelled") {
                [("id", .string(id)), ("status", "cancelled")]
            }
        case .waiting(let wait): tell(wait)
        case .limitChanged(let name, let resource, let perMinute):
            let rate = Int(perMinute.rounded()).grouped
            show("limit_changed", .debug, "\(name): \(rate) \(resource.text) per minute, say its headers") {
                [
                    ("name", .string(name)), ("resource", .string(resource.rawValue)),
                    ("per_minute", .double(perMinute)),
                ]
            }
        case .stopped(let name, let reason):
            show("stopped", .warning, "\(name) gets no more requests: \(TerminalText.line(reason, limit: 300))") {
                [("name", .string(name)), ("reason", .string(reason))]
            }
        }
    }

    /// Tells that a run begins.
    func started(runID: Int64, jobs: Int) {
        guard isJSON else { return }
        Console.event("started", [("run_id", .int(Int(runID))), ("jobs", .int(jobs))])
    }

    /// Tells how a run stands, each second.
    func progress(_ snapshot: RunSnapshot, total: Int, rates: ProgressRates) {
        Console.event(
            "progress",
            [
                ("jobs", .int(total)), ("completed", .int(snapshot.completed)), ("failed", .int(snapshot.failed)),
                ("cancelled", .int(snapshot.cancelled)),
                ("running", .int(snapshot.running)), ("waiting", .int(snapshot.waiting)),
                ("waits", snapshot.waitsJSON), ("jobs_per_second", rates.jobsPerSecond.map(JSON.double) ?? .null),
                ("chunks_per_second", .double(rates.chunksPerSecond)),
                ("tokens_per_second", .double(rates.tokensPerSecond)), ("checks", CheckWords.json(snapshot)),
                ("copied", .int(snapshot.copied)),
                ("cost_usd", snapshot.costUSD.map(JSON.double) ?? .null),
            ])
    }

    /// Tells how a run ended.
    ///
    /// - Parameters:
    ///   - left: jobs.
    ///   - duration: of the run.
    func ended(_ snapshot: RunSnapshot, left: Int, status: ExitStatus, duration: Duration) {
        guard isJSON else { return }
        Console.event(
            "ended",
            [
                ("exit_status", .int(Int(status.rawValue))), ("completed", .int(snapshot.completed)),
                ("failed", .int(snapshot.failed)), ("left", .int(left)), ("attempts", .int(snapshot.attempts)),
                ("prompt_tokens", .int(snapshot.promptTokens)), ("completion_tokens", .int(snapshot.completionTokens)),
                ("tokens_per_second", .double(snapshot.receivedTokens / max(duration.seconds, 0.001))),
                ("finish_reasons", FinishReport(counts: snapshot.finishReasons).json),
                ("checks", CheckWords.json(snapshot)), ("copied", .int(snapshot.copied)),
                ("cost_usd", snapshot.costUSD.map(JSON.double) ?? .null),
                ("unpriced", .int(snapshot.unpriced)),
            ])
    }

    private func tell(_ report: RunEvent.AttemptReport) {
        let end = report.end
        let place = report.source + (report.line.map { ":\($0)" } ?? "")
        var status = "waiting"
        var next = "the next at once"
        switch end.transition {
        case .completed: status = "completed"
        case .failed: (status, next) = ("failed", "no other: the job has failed")
        case .cancelled: (status, next) = ("cancelled", "no other: the job was cancelled")
        case .waiting(let until?, _):
            next = "the next in \(FigureText.duration(Double(until - end.endedMilliseconds) / 1000))"
        case .waiting(nil, _): break
        }
        if !isJSON {
            guard let error = end.error else { return }
            if end.isTaken { next = "nothing was sent: another job asked the same, and failed" }
            let words = TerminalText.line(error.message, limit: 200)
            let endpoint = pools.contains(report.model.provider) ? report.endpoint : nil
            let site = endpoint.map { " at \(TerminalText.line($0, limit: 200))" } ?? ""
            Console.log(
                .debug,
                "job '\(report.customID)' (\(place)): \(report.model.name)\(site): \(error.kind.rawValue): \(words) "
                    + "(attempt \(report.number); \(next))")
            return
        }
        var members: [(String, JSON)] = [
            ("id", .string(report.customID)), ("source", .string(report.source)),
            ("line", report.line.map(JSON.int) ?? .null), ("provider", .string(report.model.provider)),
            ("model", .string(report.model.model)), ("endpoint", report.endpoint.map(JSON.string) ?? .null),
            ("status", .string(status)), ("attempt", .int(report.number)),
            ("duration_ms", .int(Int(end.result.durationMicroseconds / 1000))),
        ]
        if let usage = end.result.usage {
            members.append(("prompt_tokens", usage.promptTokens.map(JSON.int) ?? .null))
            members.append(("completion_tokens", usage.completionTokens.map(JSON.int) ?? .null))
        }
        if let cost = end.costUSD { members.append(("cost_usd", .double(cost))) }
        if let error = end.error {
            members.append(("error_kind", .string(error.kind.rawValue)))
            members.append(("error", .string(error.message)))
        }
        if case .waiting(let until, _) = end.transition {
            members.append(("until_ms", until.map { .int(Int($0)) } ?? .null))
        }
        Console.event(status == "waiting" ? "job_waits" : "job_ended", members)
    }

    private func tell(_ wait: RunWait) {
        // Whoever paused it was told, and each second's progress tells it again.
        if wait.reason == .paused, !isJSON { return }
        let seconds = wait.untilMilliseconds.map { Double($0 - TimeOfDay.unixMilliseconds) / 1000 }
        let times = wait.untold.grouped
        let untold =
            wait.untold > 0 && wait.limit == nil
            ? ", and did so \(times) times since this was told last" : ""
        let text = WaitWords.text(wait.name, wait.reason.text, seconds, wait.limit) + untold
        show("waiting", .info, text) { wait.members }
    }

    private func show(_ name: String, _ level: LogLevel, _ text: String, _ members: () -> [(String, JSON)]) {
        if isJSON { Console.event(name, members()) } else { Console.log(level, text) }
    }
}
