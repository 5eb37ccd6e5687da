import BatchEngine
import BatchStore

/// Counters as Prometheus reads them: its text format, version 0.0.4.
struct MetricsText {
    private var lines: [String] = []

    /// - Parameters:
    ///   - counters: what the database has counted.
    ///   - endpoints: how those of the newest run stand.
    init(_ counters: BatchCounters, endpoints: [EndpointSnapshot] = []) {
        let zeros = Zeros(counters)
        counts("jobs", "gauge", "Jobs by state.", zeros.jobs.merging(counters.jobs) { $1 }, ["status"])
        counts(
            "attempts_total", "counter", "Attempts that ended, by their end and the kind of their error.",
            counters.attempts, ["outcome", "error_kind"])
        // What a dead worker has left open is no stream.
        counts(
            "open_streams", "gauge", "Attempts that are under way.",
            counters.hasWorker == false
                ? zeros.openStreams : zeros.openStreams.merging(counters.openStreams) { $1 }, [])
        counts("tokens_total", "counter", "Tokens of completed answers.", counters.tokens, ["kind"])
        head("cost_usd_total", "counter", "US dollars of all responses whose cost is known, by the tier that served.")
        for (key, cost) in Self.sorted(counters.cost) { line("cost_usd_total", key, ["tier"], "\(cost)") }
        histograms(
            "first_token_seconds", "Time to the first content of completed answers.", counters.firstToken)
        histograms(
            "answer_seconds", "Time of completed answers, over all of their attempts.", counters.answer)
        counts(
            "waiting_jobs", "gauge", "Jobs that wait for another attempt, by the kind of their last error.",
            zeros.waiting.merging(counters.waiting) { $1 }, ["reason"])
        counts(
            "resumes_total", "counter", "Attempts that went on from kept text.", counters.resumes, ["strategy"])
        let endpoints = Self.distinct(endpoints)
        gauges("endpoint_streams", "Streams that are open at an endpoint of the newest run.", \.running, endpoints)
        gauges("endpoint_silent_streams", "Streams of an endpoint that may never end.", \.silent, endpoints)
        gauges("endpoint_width", "Streams that an endpoint should have at most.", \.width, endpoints)
    }

    /// Each once, since a series that is told twice has the whole page refused, and not too many.
    private static func distinct(_ endpoints: [EndpointSnapshot]) -> [EndpointSnapshot] {
        var names: Set<[String]> = []
        let each = endpoints.filter { names.insert([$0.provider, $0.endpoint]).inserted }
        return Array(each.prefix(EndpointSnapshot.mostMeasured))
    }

    var text: String { lines.map { $0 + "\n" }.joined() }

    private mutating func head(_ name: String, _ type: String, _ meaning: String) {
        lines.append("# HELP llm4s_batch_\(name) \(meaning)")
        lines.append("# TYPE llm4s_batch_\(name) \(type)")
    }

    private mutating func counts(
        _ name: String, _ type: String, _ meaning: String, _ counts: [BatchCounters.Key: Int], _ labels: [String]
    ) {
        head(name, type, meaning)
        for (key, count) in Self.sorted(counts) { line(name, key, labels, "\(count)") }
    }

    private mutating func gauges(
        _ name: String, _ meaning: String, _ value: KeyPath<EndpointSnapshot, Int>, _ endpoints: [EndpointSnapshot]
    ) {
        head(name, "gauge", meaning)
        for endpoint in endpoints {
            let labels = [("provider", endpoint.provider), ("endpoint", endpoint.endpoint)]
            line(name, labels, "\(endpoint[keyPath: value])")
        }
    }

    private mutating func histograms(
        _ name: String, _ meaning: String, _ histograms: [BatchCounters.Key: BatchCounters.Histogram]
    ) {
        head(name, "histogram", meaning)
        let bounds = BatchCounters.Histogram.bounds.map { "\($0)" } + ["+Inf"]
        for (key, histogram) in Self.sorted(histograms) {
            for (bound, count) in zip(bounds, histogram.counts) {
                line("\(name)_bucket", key, [], "\(count)", beside: [("le", bound)])
            }
            line("\(name)_sum", key, [], "\(histogram.sum)")
            line("\(name)_count", key, [], "\(histogram.counts.last ?? 0)")
        }
    }

    private mutating func line(
        _ name: String, _ key: BatchCounters.Key, _ labels: [String], _ value: String,
        beside others: [(String, String)] = []
    ) {
        let own = zip(labels, key.words).map { ($0, $1 ?? "") }
        line(name, [("provider", key.model.provider), ("model", key.model.model)] + own + others, value)
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
        let text = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        lines.append("llm4s_batch_\(name){\(text)} \(value)")
    }

    /// Scalar by scalar: a line feed behind a carriage return, or a quote with an accent, is one character with it.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// In one order each time.
    private static func sorted<Value>(
        _ values: [BatchCounters.Key: Value]
    ) -> [(key: BatchCounters.Key, value: Value)] {
        values.sorted { first, second in
            let (left, right) = (first.key, second.key)
            let leftText = [left.model.provider, left.model.model] + left.words.map { $0 ?? "" }
            return leftText.lexicographicallyPrecedes(
                [right.model.provider, right.model.model] + right.words.map { $0 ?? "" })
        }
    }
}

/// Gauges at 0, for each model that has jobs: one that is missing equals no number, and no alert on it fires.
private struct Zeros {
    private(set) var jobs: [BatchCounters.Key: Int] = [:]
    private(set) var openStreams: [BatchCounters.Key: Int] = [:]
    /// By the kinds of error that its attempts had: a job waits for one of those, or for none that is known.
    private(set) var waiting: [BatchCounters.Key: Int] = [:]

    init(_ counters: BatchCounters) {
        for model in Set(counters.jobs.keys.map(\.model)) {
            for status in JobStatus.allCases { jobs[BatchCounters.Key(model: model, words: [status.rawValue])] = 0 }
            openStreams[BatchCounters.Key(model: model)] = 0
            waiting[BatchCounters.Key(model: model, words: [nil])] = 0
        }
        for key in counters.attempts.keys {
            if let kind = key.words.last { waiting[BatchCounters.Key(model: key.model, words: [kind])] = 0 }
        }
    }
}
