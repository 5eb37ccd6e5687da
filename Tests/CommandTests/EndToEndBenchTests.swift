import Foundation
import Testing

/// `bench` as its user runs it: counts, keys and orderings; speed is no matter of tests.
@Suite(.serialized)
struct EndToEndBenchTests {
    /// The lines of `--json`.
    private static func levels(_ url: URL) throws -> [[String: Any]] {
        try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
        }
    }

    @Test func eachLevelOfAClosedLoopSendsItsRequestsAndNoMoreAtOnce() async throws {
        let directory = try TemporaryDirectory()
        let ended = try await BatchProcess(
            [
                "bench", "--model", "mock/assistant+words=12+pace=3ms+ttft=40ms", "--concurrency", "1,3", "--requests",
                "9", "--warmup", "2", "--input-tokens", "7", "--slo", "ttft=10m,tpot=10m,e2el=10m", "--json", "b.json",
                "--html", "b.html",
            ], directory: directory.url
        ).ended()
        #expect(ended.status == 0, "\(ended.error)")
        let levels = try Self.levels(directory.url.appending(path: "b.json"))
        #expect(levels.map { $0["max_concurrency"] as? Int } == [1, 3])
        for (level, concurrency) in zip(levels, [1, 3]) {
            #expect(level["num_prompts"] as? Int == 9)
            #expect(level["completed"] as? Int == 9)
            #expect(level["failed"] as? Int == 0)
            #expect(try #require(level["max_concurrent_requests"] as? Int) <= concurrency)
            #expect(level["total_output_tokens"] as? Int == 9 * 12)
            #expect(level["total_input_tokens"] as? Int == 9 * 7)
            #expect(level["token_source"] as? String == "usage")
            // Nothing comes before the mock's first token.
            let firstTokens = try #require(level["ttfts"] as? [Double])
            #expect(firstTokens.count == 9 && firstTokens.allSatisfy { $0 >= 0.04 })
            let latencies = try #require(level["latencies"] as? [Double])
            let gaps = try #require(level["itls"] as? [[Double]])
            #expect(gaps.allSatisfy { $0.count == 11 })
            for (first, (latency, gaps)) in zip(firstTokens, zip(latencies, gaps)) {
                #expect(first + gaps.reduce(0, +) <= latency + 1e-6)
                // How long a gap is depends on when this machine reads; none is shorter than nothing.
                #expect(gaps.allSatisfy { $0 >= 0 })
            }
            for measure in ["ttft", "tpot", "itl", "e2el"] {
                let median = try #require(level["median_\(measure)_ms"] as? Double)
                let late = try #require(level["p99_\(measure)_ms"] as? Double)
                #expect(median <= late, "\(measure)")
            }
            let from = try #require(level["mean_ttft_from_schedule_ms"] as? Double)
            #expect(try from >= #require(level["mean_ttft_ms"] as? Double))
            #expect(level["good_share"] as? Double == 1)
            let bounds = try #require(level["slo"] as? [String: Double])
            #expect(bounds == ["ttft_ms": 600_000, "tpot_ms": 600_000, "e2el_ms": 600_000])
        }
        #expect(ended.output.contains("\nSLO: ttft at most 600 s, tpot at most 600 s, e2el at most 600 s\n"))
        #expect(ended.output.contains("TTFT = first content - sent"))
        let page = try String(contentsOf: directory.url.appending(path: "b.html"), encoding: .utf8)
        // Six of each level, and five of what becomes of the figures from one to the other.
        #expect(page.components(separatedBy: "<svg ").count == 18)
        #expect(page.contains("SLO: ttft at most 600 s"))
    }

    @Test func aListOfRatesMakesALevelOfEachAndACurveOverThem() async throws {
        let directory = try TemporaryDirectory()
        let ended = try await BatchProcess(
            [
                "bench", "--model", "mock/assistant+words=3", "--rate", "20,50.5,100", "--requests", "4",
                "--concurrency",
                "64", "--json", "b.json", "--html", "b.html",
            ], directory: directory.url
        ).ended()
        #expect(ended.status == 0, "\(ended.error)")
        let levels = try Self.levels(directory.url.appending(path: "b.json"))
        #expect(levels.map { $0["request_rate"] as? Double } == [20, 50.5, 100])
        for level in levels {
            #expect(level["num_prompts"] as? Int == 4)
            #expect(level["max_concurrency"] as? Int == 64)
            #expect(level["slo"] is NSNull)
        }
        let table = ended.output.components(separatedBy: "all levels:\n").last ?? ""
        let rows = table.split(separator: "\n").dropFirst(2).prefix(3)
        let rates: [String] = rows.map { row in String(row.split(separator: " ").first ?? "") }
        #expect(rates == ["20", "50.5", "100"])
        let page = try String(contentsOf: directory.url.appending(path: "b.html"), encoding: .utf8)
        #expect(page.components(separatedBy: "<svg ").count == 23)
        #expect(page.contains("requests/s asked for"))
    }

    @Test(arguments: [
        ("ttft=500", "'500' needs a unit: ttft=500ms or ttft=500s"), ("tpot:0.5", "tpot=0.5ms or tpot=0.5s"),
        ("ttft=1s,e2el=10", "'10' needs a unit: e2el=10ms"),
        ("tftt=1s", "there is no measure 'tftt'; did you mean 'ttft'?"),
        ("itl=1s", "known are ttft, tpot, e2el"), ("ttft", "as ttft=500ms"), ("500ms", "as ttft=500ms"),
        ("", "as ttft=500ms"),
        ("ttft=1s,ttft=2s", "'ttft' is given twice"), ("ttft=0ms", "is no bound"), ("ttft=5x", "'5x' is no bound"),
        ("ttft=1s tpot=2s", "is no bound"), ("ttft=1s,", "as ttft=500ms"),
    ])
    func aServiceLevelSaysWhatIsWrongWithIt(level: String, words: String) async throws {
        let ended = try await BatchProcess.run("bench", "--model", "mock/x", "--slo", level)
        #expect(ended.status == 2 && ended.output == "", "\(ended.error)")
        #expect(ended.error.contains(words), "\(ended.error)")
    }

    @Test func aServiceLevelMayBeWrittenWithColons() async throws {
        let ended = try await BatchProcess.run(
            "bench", "--model", "mock/assistant+words=2", "--requests", "1", "--slo", "ttft:90s,e2el:2m")
        #expect(
            ended.status == 0 && ended.output.contains("SLO: ttft at most 90 s, e2el at most 120 s"), "\(ended.error)")
    }

    /// Other load tests' names are told with ours, and not taken.
    @Test func optionsOfOtherLoadTestsAreToldWithOurNames() async throws {
        let ours = [
            ("--request-rate", "--rate"), ("--max-concurrency", "--concurrency"), ("--num-prompts", "--requests"),
            ("--random-input-len", "--input-tokens"), ("--random-output-len", "--output-tokens"),
            ("--goodput", "--slo"), ("--dataset-path", "--jobs"), ("--num-warmups", "--warmup"),
            ("--burstiness", "--poisson"), ("--save-result", "--json"), ("--host", "--base-url"),
            ("--max-seconds", "--duration"), ("--request_rate", "--rate"),
        ]
        let help = try await BatchProcess.run("bench", "--help").output
        for (theirs, our) in ours {
            #expect(help.contains(our + " ") && !help.contains(theirs), "\(theirs) \(our)")
            for arguments in [[theirs, "4"], [theirs + "=4"]] {
                let ended = try await BatchProcess(["bench", "--model", "mock/count-2"] + arguments).ended()
                #expect(ended.status == 2 && ended.output.isEmpty, "\(theirs)")
                #expect(ended.error.contains("'\(our)'"), "\(ended.error)")
            }
        }
        let all = try await BatchProcess(["bench"] + ours.dropLast().flatMap { [$0.0, "4"] }).ended()
        #expect(all.error.split(separator: "\n").count == ours.count, "\(all.error)")
    }

    @Test func anOpenLoopSendsByItsRateAndFailedRequestsAreInTheGoodputsDenominator() async throws {
        let mock = try await MockProcess()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([
            #"{"model":"vllm/assistant+words=3","prompt":"a"}"#, #"{"model":"vllm/assistant+status=500","prompt":"b"}"#,
        ])
        let ended = try await BatchProcess(
            [
                "bench", "--jobs", file, "--base-url", mock.baseURL, "--rate", "200", "--poisson", "--requests", "10",
                "--slo", "e2el=10m", "--json", "b.json",
            ], directory: directory.url
        ).ended()
        #expect(ended.status == 0, "\(ended.error)")
        let level = try #require(try Self.levels(directory.url.appending(path: "b.json")).first)
        #expect(level["request_rate"] as? Double == 200)
        #expect(level["burstiness"] as? Double == 1)
        #expect(level["completed"] as? Int == 5)
        #expect(level["failed"] as? Int == 5)
        #expect(level["good_share"] as? Double == 0.5)
        #expect(try #require(level["errors"] as? [String]).filter(\.isEmpty).count == 5)
        #expect(ended.output.contains("error server: 5"))
        // In what order two that were due at nearly the same time are sent is this machine's affair.
        let sent = try #require(level["start_times"] as? [Double])
        let delays = try #require(level["queue_times"] as? [Double])
        let due = zip(sent, delays).map { $0 - $1 }
        #expect(due.count == 10 && zip(due, due.dropFirst()).allSatisfy { $0 < $1 + 1e-6 })
        #expect(delays.allSatisfy { $0 > -1e-6 })
    }

    @Test func withoutReportedUsageChunksAreCounted() async throws {
        let directory = try TemporaryDirectory()
        let ended = try await BatchProcess(
            [
                "bench", "--model", "mock/assistant+words=10+chunk=2+nousage", "--requests", "2", "--json", "b.json",
            ], directory: directory.url
        ).ended()
        #expect(ended.status == 0, "\(ended.error)")
        let level = try #require(try Self.levels(directory.url.appending(path: "b.json")).first)
        #expect(level["token_source"] as? String == "chunks")
        #expect(level["output_lens"] as? [Int] == [5, 5])
        #expect(ended.output.contains("chunks of content: the server reports none"))
    }

    @Test func theDurationEndsALevelAndASeedRepeatsItsPrompts() async throws {
        let mock = try await MockProcess(arguments: ["--log", "/dev/null"])
        func prompts(_ seed: String) async throws -> [String] {
            let directory = try TemporaryDirectory()
            let log = directory.path("log.jsonl")
            let logging = try await MockProcess(arguments: ["--log", log])
            let ended = try await BatchProcess.run(
                "bench", "--model", "any", "--base-url", logging.baseURL, "--requests", "3", "--seed", seed)
            #expect(ended.status == 0, "\(ended.error)")
            return try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map { line in
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return String(describing: object?["body"] ?? "")
            }
        }
        let first = try await prompts("5")
        #expect(Set(first).count == 3)
        #expect(try await prompts("5") == first)
        #expect(try await prompts("6") != first)
        let directory = try TemporaryDirectory()
        let ended = try await BatchProcess.run(
            "bench", "--model", "mock/assistant+words=2", "--base-url", mock.baseURL, "--rate", "10", "--duration",
            "450ms", "--json", directory.path("b.json"))
        #expect(ended.status == 0, "\(ended.error)")
        // At 0, 100, 200, 300 and 400 ms: the schedule is arithmetic.
        let level = try #require(try Self.levels(URL(filePath: directory.path("b.json"))).first)
        #expect(level["num_prompts"] as? Int == 5)
    }

    @Test func aSignalLeavesNoMockBehind() async throws {
        let process = try BatchProcess(["bench", "--model", "mock/assistant+pace=5ms", "--duration", "60s"])
        try await process.wait { !process.children.isEmpty }
        let started = process.children
        #expect(started.count == 1, "\(process.errorSoFar)")
        process.send(SIGTERM)
        let ended = await process.ended()
        #expect(ended.status == 143, "\(ended.error)")
        while started.contains(where: { kill($0, 0) == 0 }) { await Task.yield() }
    }

    @Test func aLevelWithoutAnAnswerEndsWithStatus1() async throws {
        let ended = try await BatchProcess.run("bench", "--model", "mock/assistant+status=500", "--requests", "2")
        #expect(ended.status == 1)
        #expect(ended.output.contains("error server: 2"))
    }

    @Test(arguments: [
        [], ["--self", "--requests", "5"], ["--model", "mock/x", "--streams", "5"], ["--model", "mock/x", "--poisson"],
        ["--model", "mock/x", "--slo", "speed=1s"], ["--model", "mock/x", "--concurrency", "0"],
        ["--model", "mock/x", "--requests", "1", "--duration", "1s"], ["--base-url", "http://127.0.0.1:1"],
        ["--jobs", "x.jsonl", "--input-tokens", "5"], ["--model", "mock/x", "--rate", "0"],
        ["--model", "mock/x", "--rate", "1,0"], ["--model", "mock/x", "--rate", "1,"],
        ["--model", "mock/x", "--rate", "1,2", "--concurrency", "1,2"], ["--model", "mock/x", "--rate", "inf"],
    ])
    func whatCannotBeMeasuredIsRefused(options: [String]) async throws {
        let ended = try await BatchProcess(["bench"] + options).ended()
        #expect(ended.status == 2, "\(ended.error)")
        #expect(ended.output == "")
    }
}
