import Foundation
import LLMStreaming
import Testing

/// Money as it is told, and the limits that a database remembers.
@Suite(.serialized)
struct EndToEndMoneyTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private func prices(_ input: String, _ output: String) throws -> String {
        try directory.write(
            #"{"mock/count-3": {"input_cost_per_token": \#(input), "output_cost_per_token": \#(output)}}"#,
            to: "prices.json")
    }

    private func jobs(_ count: Int) throws -> String {
        try directory.writeJobs((1...count).map { #"{"id":"j\#($0)","model":"mock/count-3","prompt":"p"}"# })
    }

    @Test func lessThanACentIsShownAsSuch() async throws {
        let (file, prices) = (try jobs(2), try prices("0", "5e-05"))
        let run = try await BatchProcess.run("run", file, "--prices", prices)
        #expect(run.error.contains(", $0.0003 · "), "\(run.error)")
        for (command, words) in [
            (["status"], "cost        $0.0003"), (["stats"], "2 attempts, $0.0003"), (["show", "j1"], " · $0.00015"),
        ] {
            let ended = try await BatchProcess(command + ["--db", database]).ended()
            #expect(ended.output.contains(words), "\(ended.output)")
        }
        let estimate = try await BatchProcess.run("validate", file, "--estimate", "--prices", prices)
        #expect(estimate.output.contains("cost      nothing (empty answers) to $0.4096"), "\(estimate.output)")
    }

    @Test func whatCostsNothingIsFree() async throws {
        let (file, prices) = (try jobs(2), try prices("0", "0"))
        let estimate = try await BatchProcess.run("validate", file, "--estimate", "--prices", prices)
        #expect(estimate.output.contains("cost      free\n"), "\(estimate.output)")
        let run = try await BatchProcess.run("run", file, "--prices", prices)
        #expect(run.error.contains(", free · "), "\(run.error)")
        let status = try await BatchProcess.run("status", database)
        #expect(status.output.contains("cost        free\n"), "\(status.output)")
    }

    @Test func resumeAndRetryTakeOverLimitsBudgetAndPrices() async throws {
        let (file, prices) = (try jobs(4), try prices("1e-6", "1e-6"))
        let run = try await BatchProcess.run(
            "run", file, "--max-jobs", "1", "--rpm", "100000", "--tpm", "9000000", "--max-cost", "5",
            "--max-tokens-total", "1000000", "--prices", "prices.json", directory: directory.url)
        #expect(run.status == 4, "\(run.error)")
        let all = "--rpm 100000, --tpm 9000000, --max-cost 5, --max-tokens-total 1000000, --prices \(prices)"
        // From another folder: the path is whole.
        let resumed = try await BatchProcess.run("resume", "--db", database, "--max-jobs", "1")
        #expect(resumed.error.contains("as in the run before: \(all) (none"), "\(resumed.error)")
        #expect(try SQLite.number(database, "SELECT count(*) FROM attempts WHERE cost_usd > 0") == 2)
        let changed = try await BatchProcess.run(
            "retry", "--db", database, "--max-jobs", "1", "--rpm", "none", "--max-cost", "7", "--prices", "none",
            "--max-cost", "none")
        #expect(changed.error.contains("before: --tpm 9000000, --max-tokens-total 1000000 (none"), "\(changed.error)")
        #expect(try SQLite.number(database, "SELECT count(*) FROM attempts WHERE cost_usd > 0") == 2)
        // What was taken away stays away.
        let last = try await BatchProcess.run("resume", "--db", database)
        #expect(last.status == 0, "\(last.error)")
        #expect(last.error.contains("before: --tpm 9000000, --max-tokens-total 1000000 (none"), "\(last.error)")
        #expect(
            try SQLite.rows(
                database, "SELECT options ->> 'rpm', options ->> 'max-cost', options ->> 'tpm' FROM runs") == [
                    "100000|5|9000000", "100000|5|9000000", "none|none|9000000", "none|none|9000000",
                ])
    }

    @Test func aBudgetHoldsOverAllRunsUntilItIsTakenAway() async throws {
        let file = try jobs(3)
        let run = try await BatchProcess.run("run", file, "--max-tokens-total", "10")
        #expect(run.status == 4, "\(run.error)")
        #expect(try await BatchProcess.run("resume", "--db", database).status == 4)
        #expect(try await BatchProcess.run("resume", "--db", database, "--max-tokens-total", "none").status == 0)
    }

    /// Others may write to the database: what is no limit is none.
    @Test func whatCannotBeALimitIsNotTakenOver() async throws {
        _ = try await BatchProcess.run("run", try jobs(2), "--max-jobs", "1")
        for options in [#"{"rpm": -5, "max-cost": 1e999, "tpm": "x", "prices": 3}"#, "[1]"] {
            try SQLite.write(database, "UPDATE runs SET options = '\(options)'")
            let ended = try await BatchProcess.run("resume", "--db", database, "--dry-run")
            #expect(ended.status == 0 && !ended.error.contains("as in the run before"), "\(ended.error)")
        }
        try SQLite.write(database, #"UPDATE runs SET options = '{"prices": "/no/such.json"}'"#)
        let ended = try await BatchProcess.run("resume", "--db", database)
        #expect(ended.status == 2 && ended.error.contains("/no/such.json: the price table"), "\(ended.error)")
    }

    @Test func whatIsStoredIsPricedLater() async throws {
        let file = try directory.writeJobs(
            (1...4).map { number in
                #"{"id":"j\#(number)","model":"mock/\#(number < 4 ? "count-3" : "count-5+cutchunk=3+times=1")","#
                    + #""prompt":"p"}"#
            })
        #expect(try await BatchProcess.run("run", file).status == 0)
        let unpriced = try await BatchProcess.run("stats", database)
        #expect(unpriced.output.contains("3 attempts, cost not known"), "\(unpriced.output)")
        let prices = try prices("0", "1e-3")
        let stats = try await BatchProcess.run("stats", database, "--prices", prices)
        #expect(stats.output.contains("3 attempts, $0.009"), "\(stats.output)")
        #expect(stats.output.contains("2 attempts, cost not known\n"), "\(stats.output)")
        let json = try await BatchProcess.run("stats", database, "--prices", prices, "--json")
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        let usage = try #require(object?["usage"] as? [[String: Any]])
        // Answers, as without another table, and not attempts.
        #expect(usage.map { $0["unpriced"] as? Int } == [0, 1])
        let stored = try await BatchProcess.run("stats", database, "--json")
        #expect(try JSONParser.parse(stored.output)["usage"]?.array?.map { $0["unpriced"]?.int } == [3, 1])
        let cost = try #require(usage[0]["cost_usd"] as? Double)
        #expect(abs(cost - 0.009) < 1e-12 && usage[1]["cost_usd"] is NSNull, "\(usage)")
    }
}
