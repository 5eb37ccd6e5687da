import BatchEngine
import BatchStore
import LLM4SBatch
import LLMStreaming

/// What the page shows of the whole batch, kept for a moment: the same for all who look.
struct WatchReadings: Sendable {
    /// As `status --json` has it, and what the page needs besides.
    let status: SparingReading<JSON>
    /// As `stats --json` has it.
    let statistics: SparingReading<JSON>
    let counters: SparingReading<BatchCounters>
    /// How the endpoints of the newest run stand: read apart from the counters, which may be minutes old.
    let endpoints: SparingReading<[EndpointSnapshot]>
    /// As `/api/seconds` has them: whoever looks asks for the newest each second.
    let seconds: SparingReadings<SecondsQuestion, JSON>

    init(_ database: WatchedDatabase) {
        let ends = EndsSoFar()
        status = SparingReading(.milliseconds(500)...(.seconds(5))) {
            try await database.read(.status) { try await StatusReading(database.path, $0, ends).json }
        }
        // A monitor that scrapes does not wait for what takes long, but for the first time.
        statistics = SparingReading(.seconds(5)...(.seconds(120)), given: .seconds(600)) {
            try await database.read(.figures) { reader in
                let statistics = try await reader.statistics(at: .sparing)
                var object = StatsReport(statistics: statistics).json.object ?? JSONObject()
                object["now_ms"] = .int(Int(TimeOfDay.unixMilliseconds))
                return .object(object)
            }
        }
        counters = SparingReading(.seconds(1)...(.seconds(120)), given: .seconds(600)) {
            try await database.read(.figures) { try await $0.counters(at: .sparing) }
        }
        endpoints = SparingReading(.milliseconds(500)...(.seconds(5))) {
            try await database.read(.status) { reader in
                guard let run = try await reader.runs(limit: 1).last, let text = run.endpoints else { return [] }
                let all = EndpointSnapshot.all(JSON.parsed(Array(text.utf8)) ?? .null)
                return run.status == .running && database.mayHaveWorker ? all : all.map(\.idle)
            }
        }
        seconds = SparingReadings(.milliseconds(500)...(.seconds(5))) { question in
            try await database.read(.rows) { reader in
                let page = try await reader.seconds(
                    after: question.after, step: question.step, limit: question.limit)
                var report = SecondsReport(page: page, step: question.step, now: TimeOfDay.unixMilliseconds)
                if let page { report.changes = try await reader.changes(ofRun: page.run.id) }
                return report.json
            }
        }
    }
}

/// Which seconds of the newest run are asked for.
struct SecondsQuestion: Hashable {
    /// Only later ones.
    var after: Int64
    /// The seconds of a stretch.
    var step: Int
    /// The most stretches.
    var limit: Int
}

/// What is counted on from one reading of the status to the next.
actor EndsSoFar {
    private var reader: BatchReader?
    private var run: RunRecord?
    private var ends = FinishReasonCounts()
    private var size: (size: DatabaseSize, looks: Int)?

    /// How the answers ended.
    ///
    /// Counted from the start where a run begins or ends, since answers of jobs that changed are deleted.
    func counts(_ reader: BatchReader, _ run: RunRecord?) async throws -> [FinishReason: Int] {
        // Another connection may be to another file.
        if reader !== self.reader { (self.reader, ends, size) = (reader, FinishReasonCounts(), nil) }
        if run?.id != self.run?.id || run?.status != self.run?.status { ends = FinishReasonCounts() }
        self.run = run
        ends = try await reader.finishReasons(since: ends)
        return ends.counts
    }

    /// What the database costs on disk: it reads some megabytes, and is looked up more seldom.
    func size(_ reader: BatchReader) async throws -> DatabaseSize {
        if let size, size.looks < 15 {
            self.size?.looks += 1
            return size.size
        }
        let found = try await reader.size()
        size = (found, 1)
        return found
    }
}

/// Where a batch stands, as the page shows it.
struct StatusReading {
    private var report: StatusReport
    private let limits: JSON

    /// - Parameters:
    ///   - path: the database as it was named.
    ///   - reader: reads it.
    ///   - ends: what was counted so far.
    init(_ path: String, _ reader: BatchReader, _ ends: EndsSoFar) async throws {
        let status = try await reader.status()
        report = StatusReport(
            status: status, failures: status.counts.failed > 0 ? try await reader.failures() : [],
            finishReasons: try await ends.counts(reader, status.run), path: reader.path, now: TimeOfDay.unixMilliseconds
        )
        report.size = try await ends.size(reader)
        report.shard = try await reader.shard().shard
        // Both of the run that is shown: of a merged database the newest of its own may be another.
        if let run = status.run {
            limits =
                RunLimits(
                    options: try await reader.options(ofRun: run.id),
                    changes: try await reader.limitChanges(ofRun: run.id)
                ).json
        } else {
            limits = RunLimits(options: nil, changes: []).json
        }
    }

    /// Jobs that failed.
    var failed: Int { report.status.counts.failed }

    var json: JSON {
        var object = report.json.object ?? JSONObject()
        object["now_ms"] = .int(Int(report.now))
        object["database"] = .string(report.path)
        object["state"] = .string(state)
        object["silent_s"] = silence.map { .int(Int($0.seconds)) } ?? .null
        object["seconds_left"] = report.secondsLeft.map(JSON.double) ?? .null
        let told = Set(report.toldEndpoints.map(\.provider))
        object["endpoints_of"] = .array(told.sorted().map(JSON.string))
        object["open_streams"] = .int(report.worker.isAlive ? report.status.seconds.last?.running ?? 0 : 0)
        object["limits"] = limits
        object["version"] = .string(Version.text)
        return .object(object)
    }

    private var silence: Duration? { if case .frozen(let silence) = report.worker { silence } else { nil } }

    private var state: String {
        switch report.worker {
        case .frozen: "frozen"
        case .dead: "dead"
        case .working: report.isPaused ? "paused" : "running"
        case .none:
            switch report.status.run?.status {
            case nil: "new"
            case .finished: "finished"
            case .running, .interrupted: "stopped"
            }
        }
    }
}

/// The limits that a run has now: those of its options, and what it was told since.
struct RunLimits {
    private var concurrency: JSON = .null
    private var maximumCost: JSON = .null
    private var maximumTokens: JSON = .null
    /// By provider; `*` is each.
    ///
    /// Nil for none: it holds for that provider beside one that is for each.
    private var rates: [String: [String: Int?]] = ["rpm": [:], "tpm": [:]]

    /// - Parameters:
    ///   - options: those that are stored, JSON.
    ///   - changes: what of them it was told, in its order.
    init(options: String?, changes: [ToldChange]) {
        let options = options.flatMap { try? JSONParser.parse(Array($0.utf8)) }
        concurrency = options?["concurrency"] ?? .null
        maximumCost = options?["max-cost"]?.double.map(JSON.double) ?? .null
        maximumTokens = options?["max-tokens-total"]?.int.map(JSON.int) ?? .null
        for name in ["rpm", "tpm"] { if let rate = options?[name]?.int { rates[name]?["*"] = rate } }
        for change in changes { take(change) }
    }

    private mutating func take(_ change: ToldChange) {
        guard let value = change.value else { return }
        switch change.command {
        case "concurrency": concurrency = Int(value).map(JSON.int) ?? .string(value)
        case "max-cost": maximumCost = Double(value).map(JSON.double) ?? .null
        case "rpm", "tpm":
            let parts = value.split(separator: "=")
            let provider = parts.count == 2 ? String(parts[0]) : "*"
            if provider == "*" { rates[change.command] = [:] }
            let rate = parts.last.flatMap { Int($0) }
            // Behind "none" for each there is none for anybody.
            if rate != nil || provider != "*" { rates[change.command]?.updateValue(rate, forKey: provider) }
        default: break
        }
    }

    var json: JSON {
        func object(_ rates: [String: Int?]?) -> JSON {
            let sorted = (rates ?? [:]).sorted { $0.key < $1.key }
            return .object(
                JSONObject(sorted.map { .init(key: $0.key, value: $0.value.map(JSON.int) ?? .null) }))
        }
        return [
            "concurrency": concurrency, "rpm": object(rates["rpm"]), "tpm": object(rates["tpm"]),
            "max_cost": maximumCost, "max_tokens_total": maximumTokens,
        ]
    }
}
