import BatchEngine
import BatchStore
import Testing

@testable import llm4s_batch

/// Counters in Prometheus' text format.
struct MetricsTextTests {
    private static let key = BatchCounters.Key(
        model: ModelName(provider: "a\"b", model: "m\\n\nx"), words: ["completed", nil])

    @Test func labelsAreEscapedAndEveryNameIsExplainedOnce() {
        var counters = BatchCounters()
        counters.attempts[Self.key] = 3
        counters.jobs[BatchCounters.Key(model: Self.key.model, words: ["failed"])] = 1
        let text = MetricsText(counters).text
        #expect(
            text.contains(
                #"llm4s_batch_attempts_total{provider="a\"b",model="m\\n\nx",outcome="completed",error_kind=""} 3"#
                    + "\n"),
            "\(text)")
        #expect(text.hasSuffix("\n") && !text.contains("\n\n"))
        let names = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
        #expect(names.count == 12 && Set(names).count == 12)
        #expect(text.split(separator: "\n").count { $0.hasPrefix("# HELP ") } == 12)
    }

    /// What is one character with what is beside it is escaped too: else a label could begin a line of its own.
    @Test func labelsAreEscapedWithinCharacters() {
        var counters = BatchCounters()
        let model = ModelName(provider: "x\"\u{301}", model: "a\r\nb\\\u{301}")
        counters.jobs[BatchCounters.Key(model: model, words: ["failed"])] = 1
        let lines = Array(MetricsText(counters).text.utf8).split(separator: 0x0A)
        let found = lines.filter { $0.starts(with: "llm4s_batch_jobs{".utf8) }
        let escaped = #"{provider="x\""# + "\u{301}" + #"",model="a"# + "\r" + #"\nb\\"# + "\u{301}"
        #expect(found.map { Array($0) }.contains(Array(("llm4s_batch_jobs" + escaped + #"",status="failed"} 1"#).utf8)))
        #expect(found.count == 6)
    }

    @Test func aHistogramCountsUpToItsEnd() {
        var counters = BatchCounters()
        var histogram = BatchCounters.Histogram()
        for microseconds: Int64 in [50_000, 50_001, 900_000_000, 1_000_000_000] {
            histogram.add(microseconds: microseconds)
        }
        counters.answer[BatchCounters.Key(model: ModelName(provider: "p", model: "m"))] = histogram
        let lines = MetricsText(counters).text.split(separator: "\n").filter { $0.hasPrefix("llm4s_batch_answer") }
        func value(_ bound: String) -> Substring? {
            lines.first { $0.contains("le=\"\(bound)\"") }?.split(separator: " ").last
        }
        #expect(value("0.05") == "1" && value("0.1") == "2" && value("600.0") == "2")
        #expect(value("900.0") == "3" && value("+Inf") == "4")
        #expect(lines.suffix(2).map { $0.split(separator: " ").last } == ["1900.100001", "4"])
        #expect(lines.count == BatchCounters.Histogram.bounds.count + 3)
    }

    /// What a dead worker has left open is no stream.
    @Test(arguments: [(true, 2), (false, 0), (nil, 2)] as [(Bool?, Int)])
    func streamsAreThoseOfAWorker(hasWorker: Bool?, streams: Int) {
        var counters = BatchCounters()
        let model = ModelName(provider: "p", model: "m")
        counters.jobs[BatchCounters.Key(model: model, words: ["running"])] = 2
        counters.openStreams[BatchCounters.Key(model: model)] = 2
        counters.hasWorker = hasWorker
        #expect(
            Self.lines("open_streams", counters) == [#"llm4s_batch_open_streams{provider="p",model="m"} \#(streams)"#])
    }

    private static func lines(_ name: String, _ counters: BatchCounters) -> [String] {
        MetricsText(counters).text.split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("llm4s_batch_\(name){")
        }
    }

    /// Of two that are called alike the first is told: a monitor takes no page with both.
    @Test func endpointsAreGaugesOfTheirOwn() {
        func endpoint(_ name: String, running: Int = 1) -> EndpointSnapshot {
            EndpointSnapshot(provider: "p\"", endpoint: name, width: 8, running: running, silent: 0, reason: "r")
        }
        let endpoints = [endpoint("http://a/v1#K\n"), endpoint("b", running: 5), endpoint("b", running: 6)]
        let lines = MetricsText(BatchCounters(), endpoints: endpoints).text.split(separator: "\n").map(String.init)
        #expect(
            lines.filter { $0.hasPrefix("llm4s_batch_endpoint_") } == [
                #"llm4s_batch_endpoint_streams{provider="p\"",endpoint="http://a/v1#K\n"} 1"#,
                #"llm4s_batch_endpoint_streams{provider="p\"",endpoint="b"} 5"#,
                #"llm4s_batch_endpoint_silent_streams{provider="p\"",endpoint="http://a/v1#K\n"} 0"#,
                #"llm4s_batch_endpoint_silent_streams{provider="p\"",endpoint="b"} 0"#,
                #"llm4s_batch_endpoint_width{provider="p\"",endpoint="http://a/v1#K\n"} 8"#,
                #"llm4s_batch_endpoint_width{provider="p\"",endpoint="b"} 8"#,
            ])
        let many = MetricsText(BatchCounters(), endpoints: (0..<5_000).map { endpoint("\($0)") }).text
        #expect(many.matches(of: /llm4s_batch_endpoint_width\{/).count == 1_000)
    }

    /// An alert on a gauge that is missing never fires.
    @Test func gaugesFallToZeroInsteadOfVanishing() {
        var counters = BatchCounters()
        let (one, other) = (ModelName(provider: "p", model: "m"), ModelName(provider: "q", model: "n"))
        counters.jobs[BatchCounters.Key(model: one, words: ["completed"])] = 3
        counters.jobs[BatchCounters.Key(model: other, words: ["pending"])] = 4
        counters.attempts[BatchCounters.Key(model: one, words: ["failed", "rate_limit"])] = 5
        counters.waiting[BatchCounters.Key(model: other, words: ["server"])] = 2
        #expect(
            Self.lines("open_streams", counters) == [
                #"llm4s_batch_open_streams{provider="p",model="m"} 0"#,
                #"llm4s_batch_open_streams{provider="q",model="n"} 0"#,
            ])
        #expect(
            Self.lines("waiting_jobs", counters) == [
                #"llm4s_batch_waiting_jobs{provider="p",model="m",reason=""} 0"#,
                #"llm4s_batch_waiting_jobs{provider="p",model="m",reason="rate_limit"} 0"#,
                #"llm4s_batch_waiting_jobs{provider="q",model="n",reason=""} 0"#,
                #"llm4s_batch_waiting_jobs{provider="q",model="n",reason="server"} 2"#,
            ])
        let jobs = Self.lines("jobs", counters)
        #expect(jobs.count == 12 && jobs.count { $0.hasSuffix(" 0") } == 10, "\(jobs)")
        #expect(jobs.contains(#"llm4s_batch_jobs{provider="p",model="m",status="completed"} 3"#))
        #expect(jobs.contains(#"llm4s_batch_jobs{provider="p",model="m",status="pending"} 0"#))
    }
}
