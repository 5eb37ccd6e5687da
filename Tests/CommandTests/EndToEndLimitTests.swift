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

    /// How the rate is known.
    enum Telling: CaseIterable { case flag, headers, refusals }

    /// The pause that a provider asks for is for those who come after.
    @Test(.timeLimit(.minutes(15)))
    func aRunWhoseJobsHaveAllEndedDoesNotWaitForAPause() async throws {
        let file = try directory.writeJobs([
            #"{"id":"a","model":"mock/count-3+status=503+retryafter=600","prompt":"hello"}"#
        ])
        let ended = try await BatchProcess(["run", file, "--max-attempts", "1"], directory: directory.url).ended()
        #expect(ended.status == 1, "\(ended.error)")
        let row = try SQLite.rows(database, "SELECT retry_after_ms FROM attempts")
        #expect(row == ["600000"])
    }

    /// LLM4S_RATE_JOBS=2000 is the size of the contract.
    @Test(arguments: Telling.allCases, [false, true])
    func aRunUsesTheRateThatItsProviderGrants(telling: Telling, isOfTokens: Bool) async throws {
        let count = Project.size("LLM4S_RATE_JOBS", 300)
        // As many seconds as a second's worth of jobs is enough to tell one from another.
        let ideal = count >= 2000 ? 20.0 : 6
        let perMinute = Int(Double(count) * 60 / ideal)
        var configuration = MockConfiguration()
        // A request costs its one word and the five of the answer.
        configuration.rateLimits.requestsPerMinute = isOfTokens ? nil : perMinute
        configuration.rateLimits.tokensPerMinute = isOfTokens ? perMinute * 6 : nil
        configuration.rateLimits.headers = telling == .headers ? .openai : .none
        configuration.recordsRequests = true
        let server = try await MockServer.start(configuration)
        let jobs = (1...count).map { job("\($0)", "mock/count-5+pace=4ms", #"{"max_tokens":20}"#) }
        let flags =
            telling == .flag ? [isOfTokens ? "--tpm" : "--rpm", "\(isOfTokens ? perMinute * 6 : perMinute)"] : []
        let file = try directory.writeJobs(jobs)
        let ended = try await BatchProcess(
            ["run", file, "--base-url", server.baseURL] + flags, directory: directory.url
        ).ended()
        #expect(ended.status == 0, "\(ended.error)")
        let refused = try SQLite.number(database, "SELECT count(*) FROM attempts WHERE http_status = 429")
        let times = server.requests.map(\.received)
        try #require(times.count >= count)
        let seconds = times[0].duration(to: times[times.count - 1]) / .seconds(1)
        let pause = zip(times, times.dropFirst()).first { $0.duration(to: $1) > .milliseconds(900) }?.1
        let window = pause.map { pause in Self.most(times.filter { $0 >= pause }, within: .milliseconds(100)) }
        print(
            "\(count) jobs at \(perMinute) a minute told by \(telling)\(isOfTokens ? " (tokens)" : ""): \(seconds) s "
                + "(ideal \(ideal)), \(refused) refused, at most \(window ?? 0) in 100 ms after a pause "
                + "(mean \(Double(perMinute) / 600))")
        // The start ramp runs into a limit that nothing has told yet; few jobs make much of it. Refusals alone tell it by
        // what is on its way at that time: at most the 64 of --concurrency.
        let most = telling == .flag || count >= 2000 ? count / 50 : telling == .headers ? count / 10 : 64
        #expect(refused <= most)
        // The contract's figures are measured by hand, on a machine that does nothing else.
        if count >= 2000 { #expect(seconds < ideal * 1.1 && (window ?? 0) <= perMinute / 300) }
        await server.stop()
    }

    /// The most times that lie within a duration.
    private static func most(_ times: [ContinuousClock.Instant], within duration: Duration) -> Int {
        var first = 0
        return times.indices.reduce(0) { most, last in
            while times[first].duration(to: times[last]) >= duration { first += 1 }
            return max(most, last - first + 1)
        }
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

    /// LLM4S_STORM_JOBS=5000 is the size of the contract.
    @Test func everyJobEndsInAStormOfFaults() async throws {
        var configuration = MockConfiguration()
        configuration.seed = Project.seed
        let server = try await MockServer.start(configuration)
        let count = Project.size("LLM4S_STORM_JOBS", 100)
        let jobs = (1...count).map { job("\($0)", "mock/storm=20+count-20") }
        let ended = try await run(
            jobs, "--base-url", server.baseURL, "--first-token-timeout", "5s", "--idle-timeout", "5s",
            "--stall-timeout", "5s")
        #expect(ended.status == 0 || ended.status == 1, "seed \(Project.seed): \(ended.error)")
        #expect(
            try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status IN ('completed', 'failed')") == count)
        #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'completed'") > count * 9 / 10)
        #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE attempts > 5") == 0)
        // What the storm's faults that no other try mends are called.
        #expect(
            try SQLite.rows(
                database,
                """
                SELECT error_kind, error FROM jobs WHERE status = 'failed' AND (length(error) < 10 OR error_kind NOT IN (
                    'invalid_request', 'oversized_event', 'permission', 'quota', 'context_length', 'content_policy', 'decode',
                    'server', 'cut', 'timeout_first_token', 'timeout_idle', 'timeout_stall', 'connect'))
                """) == [])
        // The most in all: ten times those that count; refusals for a rate are not among them.
        #expect(
            try SQLite.number(
                database,
                "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM attempts "
                    + "WHERE counts = 1 GROUP BY job_id)") <= 50)
        #expect(try SQLite.number(database, "SELECT count(*) FROM attempts WHERE status = 'running'") == 0)
        // Cut, garbled, echoed or begun anew: what is kept is exact.
        let inexact = try SQLite.rows(
            database,
            """
            SELECT c.job_id, c.content, a.number, a.status, a.resume_strategy, a.prefix_chars, a.error_kind, a.error
            FROM completions AS c JOIN attempts AS a USING (job_id)
            WHERE content <> '\(Answers.counting(to: 20))'
            ORDER BY 1, 3
            """)
        #expect(inexact == [], "seed \(Project.seed)")
        print(
            "storm, seed \(Project.seed): "
                + (try SQLite.rows(
                    database,
                    "SELECT status, error_kind, count(*), max(attempts) FROM jobs GROUP BY 1, 2 ORDER BY 3 DESC"
                ).joined(separator: "; ")))
        await server.stop()
    }

    /// LLM4S_KEY_JOBS=10000 is the size of the contract.
    @Test func aRefusedKeyCostsNoMoreRequestsThanWereUnderWay() async throws {
        let others = Project.size("LLM4S_KEY_JOBS", 300)
        var configuration = MockConfiguration()
        configuration.requiredKey = "right"
        let refusing = try await MockServer.start(configuration)
        let config = directory.path("config.json")
        try #"{"providers": {"lab": {"base_url": "\#(refusing.baseURL)", "auth": "none"}}}"#
            .write(toFile: config, atomically: true, encoding: .utf8)
        let jobs = (1...500).map { job("\($0)", "lab/x") } + (501...500 + others).map { job("\($0)", "mock/count-3") }
        let ended = try await run(jobs, "--config", config)
        #expect(ended.status == 4 && ended.error.contains("lab gets no more requests"), "\(ended.error)")
        #expect(refusing.statistics.requests <= 64)
        #expect(
            try SQLite.rows(database, "SELECT provider, status, count(*) FROM jobs GROUP BY 1, 2 ORDER BY 1")
                == ["lab|pending|500", "mock|completed|\(others)"])
        await refusing.stop()
    }

    @Test func anOutageThatLastsStopsTheProviderAndLeavesItsJobs() async throws {
        let jobs = (1...50).map { job("\($0)", "mock/x") }
        let ended = try await run(jobs, "--base-url", "http://127.0.0.1:9/v1", "--outage-timeout", "1s")
        #expect(ended.status == 4, "\(ended.error)")
        // When it happens, where the run still goes on then, and at the end; not once for each job.
        let told = ended.error.split(separator: "\n").count { $0.contains("gets no more requests: out for") }
        #expect((1...2).contains(told), "\(ended.error)")
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

    /// Where answers are not bounded the longest seen is set aside: here a short one, which comes first.
    @Test func moreThanTheCapIsToldWhereAnswersAreNotBounded() async throws {
        let prices = directory.path("prices.json")
        // Slow, so that many are under way before the first of them has shown how long they are.
        let model = "mock/essay+pace=50ms"
        try #"{"\#(model)": {"input_cost_per_token": 0, "output_cost_per_token": 0.0001}}"#
            .write(toFile: prices, atomically: true, encoding: .utf8)
        let jobs = [job("0", model, #"{"max_tokens":2}"#)] + (1...600).map { job("\($0)", model) }
        let ended = try await run(jobs, "--prices", prices, "--max-cost", "0.2", "--concurrency", "256")
        #expect(ended.status == 4, "\(ended.error)")
        #expect(ended.error.contains("--max-cost was passed by $"), "\(ended.error)")
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
        #expect(debug.error.contains("job 'again'") && debug.error.contains("(attempt 1; the next "), "\(debug.error)")
        let error = try await run(jobs, "--log-level", "error", "--progress", "none", "--db", directory.path("b"))
        #expect(error.error.isEmpty, "\(error.error)")
    }
}
