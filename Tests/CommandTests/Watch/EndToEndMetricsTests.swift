import Testing

/// `/metrics` as a monitor has it.
@Suite(.serialized)
struct EndToEndMetricsTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    /// Runs some jobs to their end, of which two fail and one is cut and goes on.
    private func makeDatabase() async throws {
        let file = try directory.writeJobs(
            (1...10).map { Answers.countingJob("j\($0)", to: 30) }
                + (1...2).map { Answers.countingJob("bad\($0)", to: 3, options: "+status=400") }
                + [Answers.countingJob("cut", to: 60, options: "+cutchunk=middle+times=1")])
        let run = try await BatchProcess.run("run", file, "--db", database)
        #expect(run.status == 1, "\(run.error)")
    }

    /// The counters are those of the tables.
    @Test func theMetricsAreThoseOfTheTables() async throws {
        try await makeDatabase()
        // What no mock has: prices, and jobs that wait.
        try SQLite.write(
            database,
            """
            UPDATE attempts SET cost_usd = 0.25, service_tier = iif(job_id % 2, 'flex', NULL) WHERE status = 'completed';
            UPDATE jobs SET status = 'pending', not_before_ms = 5, error_kind = 'rate_limit' WHERE custom_id = 'bad1';
            """)
        let page = try await ServedPage(database)
        let metrics = try await page.get("/metrics")
        #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let sums = try Self.sums(metrics.body)
        for (name, query) in [
            ("jobs", "SELECT count(*) FROM jobs"),
            ("attempts_total", "SELECT count(*) FROM attempts"),
            ("tokens_total", "SELECT sum(prompt_tokens + completion_tokens) FROM completions"),
            ("first_token_seconds_count", "SELECT count(ttft_us) FROM completions"),
            ("answer_seconds_count", "SELECT count(duration_us) FROM completions"),
            ("resumes_total", "SELECT count(*) FROM attempts WHERE resumed_from IS NOT NULL"),
            ("waiting_jobs", "SELECT count(*) FROM jobs WHERE not_before_ms IS NOT NULL"),
            ("cost_usd_total", "SELECT sum(cost_usd) FROM attempts"),
        ] {
            let number = try #require(Double(try SQLite.rows(database, query)[0]))
            #expect(number > 0 && sums[name, default: 0] == number, "\(name)")
        }
        #expect(sums["resumes_total", default: 0] > 0)
        let time = try #require(Double(try SQLite.rows(database, "SELECT sum(duration_us) / 1e6 FROM completions")[0]))
        #expect(abs(sums["answer_seconds_sum", default: 0] - time) < 0.001)
        #expect(!metrics.body.contains("bad1"))
        for (name, labels, query) in [
            ("jobs", ["status"], "SELECT provider, model, status, count(*) FROM jobs GROUP BY 1, 2, 3"),
            (
                "cost_usd_total", ["tier"],
                "SELECT provider, model, service_tier, cost_usd FROM usage_by_tier WHERE cost_usd IS NOT NULL"
            ),
            (
                "waiting_jobs", ["reason"],
                "SELECT provider, model, error_kind, count(*) FROM jobs WHERE not_before_ms > 0 GROUP BY 1, 2, 3"
            ),
            (
                "attempts_total", ["outcome", "error_kind"],
                """
                SELECT provider, model, a.status, a.error_kind, count(*) FROM attempts AS a JOIN jobs USING (job_id)
                GROUP BY 1, 2, 3, 4
                """
            ),
        ] {
            let rows = try SQLite.rows(database, query)
            #expect(!rows.isEmpty)
            for row in rows {
                let values = row.split(separator: "|", omittingEmptySubsequences: false)
                let pairs = zip(["provider", "model"] + labels, values).map { "\($0)=\"\($1)\"" }
                let line = "llm4s_batch_\(name){\(pairs.joined(separator: ","))} "
                let told = metrics.body.split(separator: "\n").filter { $0.hasPrefix(line) }
                #expect(
                    told.count == 1 && Double(told[0].dropFirst(line.count)) == Double(values[values.count - 1]),
                    "\(line)")
            }
        }
        for line in metrics.body.split(separator: "\n") where !line.hasPrefix("#") {
            let isOfEndpoint = line.hasPrefix("llm4s_batch_endpoint_")
            #expect(line.contains("{provider=\"mock\",\(isOfEndpoint ? "endpoint" : "model")=\""), "\(line)")
        }
    }

    /// The sums over all labels of what is not a bucket, by name.
    private static func sums(_ text: String) throws -> [String: Double] {
        var sums: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let match = try #require(line.wholeMatch(of: #/llm4s_batch_(\w+)\{.*\} ([0-9.e+-]+)/#), "\(line)")
            sums[String(match.1), default: 0] += try #require(Double(match.2))
        }
        return sums
    }
}
