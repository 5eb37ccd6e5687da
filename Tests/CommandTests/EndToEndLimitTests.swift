import Foundation
import MockProvider
import Testing

/// Rates, outages, stops, clocks and budgets over real sockets.
@Suite(.serialized)
struct EndToEndLimitTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private func run(_ jobs: [String], _ options: String...) async throws -> BatchProcess.Ended {
        let file = try directory.writeJobs(jobs)
        return try await BatchProcess(["run", file] + options, directory: directory.url).ended()
    }

    private func job(_ id: String, _ model: String, _ options: String = "{}") -> String {
        #"{"id":"\#(id)","model":"\#(model)","prompt":"\#(id)","options":\#(options)}"#
    }

    /// How much larger than in CI: LLM4S_LIMIT_JOBS=2000 is the size of the contract.
    private static let jobs = ProcessInfo.processInfo.environment["LLM4S_LIMIT_JOBS"].flatMap { Int($0) } ?? 300

    @Test(arguments: [true, false])
    func aRunUsesTheRateThatItsProviderGrants(isFlagged: Bool) async throws {
        var configuration = MockConfiguration()
        let perMinute = Self.jobs * 10
        configuration.rateLimits.requestsPerMinute = perMinute
        configuration.rateLimits.headers = .openai
        configuration.recordsRequests = true
        let server = try await MockServer.start(configuration)
        let jobs = (1...Self.jobs).map { job("\($0)", "mock/count-5+pace=20ms") }
        let flags = isFlagged ? ["--rpm", "\(perMinute)"] : []
        let file = try directory.writeJobs(jobs)
        let start = ContinuousClock.now
        let ended = try await BatchProcess(
            ["run", file, "--base-url", server.baseURL] + flags, directory: directory.url
        ).ended()
        let seconds = Double(start.duration(to: .now).components.seconds)
        #expect(ended.status == 0, "\(ended.error)")
        let refused = try SQLite.number(database, "SELECT count(*) FROM attempts WHERE http_status = 429")
        print("\(Self.jobs) jobs at \(perMinute) requests a minute: \(seconds) s (ideal 6), \(refused) refused")
        // Without the flag the start ramp runs into the limit before a header has told it.
        #expect(refused * (isFlagged ? 50 : 10) <= Self.jobs)
        await server.stop()
    }

    @Test func anOutageIsWaitedForAndCostsNoJobItsAttempts() async throws {
        let server = try await MockServer.start()
        let jobs = (1...200).map { job("\($0)", "mock/count-20+pace=10ms") }
        let process = try BatchProcess(
            ["run", try directory.writeJobs(jobs), "--base-url", server.baseURL], directory: directory.url)
        try await process.wait { server.statistics.requests > 80 }
        server.control(try ControlSettings(parsing: "down=4s"))
        let ended = await process.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'completed'") == 200)
        #expect(try SQLite.number(database, "SELECT max(attempts) FROM jobs") <= 3)
        await server.stop()
    }

    @Test func everyJobEndsInAStormOfFaults() async throws {
        var configuration = MockConfiguration()
        configuration.seed = Project.seed
        let server = try await MockServer.start(configuration)
        let count = Self.jobs / 3
        let jobs = (1...count).map { job("\($0)", "mock/storm=20+count-20") }
        let ended = try await run(
            jobs, "--base-url", server.baseURL, "--first-token-timeout", "1s", "--idle-timeout", "1s",
            "--stall-timeout", "1s")
        #expect(ended.status == 0 || ended.status == 1, "seed \(Project.seed): \(ended.error)")
        #expect(
            try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status IN ('completed', 'failed')") == count)
        #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE attempts > 5") == 0)
        #expect(
            try SQLite.number(
                database,
                "SELECT count(*) FROM jobs WHERE status = 'failed' AND (error_kind IS NULL OR length(error) < 3)") == 0)
        print(
            "storm, seed \(Project.seed): "
                + (try SQLite.rows(
                    database,
                    "SELECT status, error_kind, count(*), max(attempts) FROM jobs GROUP BY 1, 2 ORDER BY 3 DESC"
                ).joined(separator: "; ")))
        await server.stop()
    }

    @Test func aRefusedKeyCostsNoMoreRequestsThanWereUnderWay() async throws {
        var configuration = MockConfiguration()
        configuration.requiredKey = "right"
        let refusing = try await MockServer.start(configuration)
        let config = directory.path("config.json")
        try #"{"providers": {"lab": {"base_url": "\#(refusing.baseURL)", "auth": "none"}}}"#
            .write(toFile: config, atomically: true, encoding: .utf8)
        let jobs = (1...500).map { job("\($0)", "lab/x") } + (501...800).map { job("\($0)", "mock/count-3") }
        let ended = try await run(jobs, "--config", config)
        #expect(ended.status == 4 && ended.error.contains("lab gets no more requests"), "\(ended.error)")
        #expect(refusing.statistics.requests <= 64)
        #expect(
            try SQLite.rows(database, "SELECT provider, status, count(*) FROM jobs GROUP BY 1, 2 ORDER BY 1")
                == ["lab|pending|500", "mock|completed|300"])
        await refusing.stop()
    }

    @Test func anOutageThatLastsStopsTheProviderAndLeavesItsJobs() async throws {
        let jobs = (1...50).map { job("\($0)", "mock/x") }
        let ended = try await run(jobs, "--base-url", "http://127.0.0.1:9/v1", "--outage-timeout", "1s")
        #expect(ended.status == 4, "\(ended.error)")
        #expect(ended.error.contains("mock gets no more requests: out for"), "\(ended.error)")
        #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'pending'") >= 45)
    }

    @Test func anUnknownModelStopsThatModelAlone() async throws {
        let ended = try await run(
            [job("a", "mock/status=404"), job("b", "mock/status=404")] + (1...20).map { job("\($0)", "mock/count-3") })
        #expect(ended.status == 4, "\(ended.error)")
        #expect(ended.error.contains("mock/status=404 gets no more requests"), "\(ended.error)")
        #expect(
            try SQLite.rows(database, "SELECT status, count(*) FROM jobs GROUP BY 1 ORDER BY 1")
                == ["completed|20", "pending|2"])
    }

    @Test func aDeterministicServerErrorEndsAfterThreeTries() async throws {
        let ended = try await run(
            [job("bad", "mock/status=500+code=api_error+message=needs jinja")]
                + (1...20).map { job("\($0)", "mock/count-3") })
        #expect(ended.status == 1, "\(ended.error)")
        #expect(
            try SQLite.rows(
                database, "SELECT count(*), max(error) FROM attempts WHERE error IS NOT NULL") == ["3|needs jinja"])
    }

    @Test(arguments: [
        ("silent=middle+comments+heartbeat=50ms", "--stall-timeout", "timeout_stall"),
        ("count-500+pace=50ms", "--job-timeout", "timeout_job"),
    ])
    func clocksEndStreamsThatBringNothingOrTakeTooLong(behavior: String, option: String, kind: String) async throws {
        let ended = try await run([job("a", "mock/\(behavior)")], option, "500ms", "--max-attempts", "1")
        #expect(ended.status == 1, "\(ended.error)")
        #expect(try SQLite.rows(database, "SELECT error_kind FROM jobs") == [kind])
    }

    @Test func aBodyLeftOpenDoesNotHoldTheJob() async throws {
        let ended = try await run([job("a", "mock/count-3+open")], "--job-timeout", "5s")
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try SQLite.number(database, "SELECT duration_us FROM attempts") < 2_000_000)
    }

    @Test func moneyIsCountedAndBounded() async throws {
        let prices = directory.path("prices.json")
        try #"{"mock/count-20": {"input_cost_per_token": 0.001, "output_cost_per_token": 0.01}}"#
            .write(toFile: prices, atomically: true, encoding: .utf8)
        let jobs = (1...200).map { job("\($0)", "mock/count-20", #"{"max_tokens":60}"#) }
        let ended = try await run(jobs, "--prices", prices, "--max-cost", "10", "--concurrency", "256")
        #expect(ended.status == 4 && ended.error.contains("--max-cost"), "\(ended.error)")
        #expect(try SQLite.number(database, "SELECT cast(sum(cost_usd) * 100 AS INTEGER) FROM attempts") <= 1000)
        #expect(try SQLite.number(database, "SELECT cast(sum(cost_usd) * 100 AS INTEGER) FROM completions") > 900)
        let unknown = try await BatchProcess.run("run", try directory.writeJobs(jobs), "--max-cost", "10")
        #expect(unknown.status == 2 && unknown.error.contains("mock/count-20"), "\(unknown.error)")
        // What was spent before counts too.
        let again = try await run(jobs, "--prices", prices, "--max-cost", "10")
        #expect(again.status == 4, "\(again.error)")
        #expect(try SQLite.number(database, "SELECT cast(sum(cost_usd) * 100 AS INTEGER) FROM attempts") <= 1000)
    }

    @Test func tokensAreBounded() async throws {
        let jobs = (1...200).map { job("\($0)", "mock/count-20", #"{"max_tokens":60}"#) }
        let ended = try await run(jobs, "--max-tokens-total", "3000")
        #expect(ended.status == 4 && ended.error.contains("--max-tokens-total"), "\(ended.error)")
        #expect(try SQLite.number(database, "SELECT sum(prompt_tokens + completion_tokens) FROM attempts") <= 3000)
    }

    @Test func concurrencyIsBoundedByProviderAndByModel() async throws {
        let server = try await MockServer.start()
        let jobs = (1...20).map { job("\($0)", "mock/count-10+pace=5ms") }
        for bound in ["mock=3", "mock/count-10+pace=5ms=3"] {
            let ended = try await run(
                jobs, "--base-url", server.baseURL, "--concurrency-per-provider", bound, "--db",
                directory.path(bound.split(separator: "/").joined(separator: "_")))
            #expect(ended.status == 0, "\(ended.error)")
            #expect(server.statistics.maximumConcurrentStreams == 3)
        }
        await server.stop()
    }

    @Test(arguments: [
        (["--rpm", "0"], ["--rpm", "0"]), (["--tpm=-5"], ["--tpm", "-5"]), (["--max-cost", "0"], ["--max-cost"]),
        (["--concurrency-per-provider", "mock=0"], ["mock=0"]),
        (["--concurrency-per-provider", "mock=65"], ["mock=65", "--concurrency 64"]),
        (["--concurrency-per-provider", "mock=2", "--concurrency-per-provider", "mock=3"], ["mock=2", "mock=3"]),
        (["--concurrency-per-provider", "mok=3"], ["mok=3", "mock"]), (["--stall-timeout", "0s"], ["--stall-timeout"]),
    ])
    func impossibleLimitsAreUsageErrorsThatNameTheValues(options: [String], words: [String]) async throws {
        let file = try directory.writeJobs([job("a", "mock/count-3")])
        let ended = try await BatchProcess(["run", file] + options, directory: directory.url).ended()
        #expect(ended.status == 2, "\(ended.error)")
        for word in words { #expect(ended.error.contains(word), "\(ended.error)") }
        #expect(!FileManager.default.fileExists(atPath: database))
    }

    @Test func progressIsOneJSONObjectALine() async throws {
        let ended = try await run(
            (1...5).map { job("\($0)", "mock/count-3") } + [job("limited", "mock/status=429+retryafter=1+times=1")],
            "--progress", "json")
        #expect(ended.status == 0, "\(ended.error)")
        let events = try ended.error.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
        let names = events.compactMap { $0["event"] as? String }
        #expect(names.filter { $0 == "job_ended" }.count == 6)
        #expect(names.contains("started") && names.contains("job_waits") && names.contains("waiting"), "\(names)")
        #expect(names.last == "ended")
        #expect(events.last?["completed"] as? Int == 6)
    }

    @Test func logLevelSaysHowMuchIsTold() async throws {
        let jobs = [job("again", "mock/count-3+drop+times=1")]
        let debug = try await run(jobs, "--log-level", "debug", "--db", directory.path("a"))
        #expect(debug.error.contains("job 'again'") && debug.error.contains("next try"), "\(debug.error)")
        let error = try await run(jobs, "--log-level", "error", "--progress", "none", "--db", directory.path("b"))
        #expect(error.error.isEmpty, "\(error.error)")
    }
}
