import Foundation
import Testing

/// A batch goes on while there is work, over real sockets: silent streams and refusals do not stop it.
@Suite(.serialized)
struct EndToEndProgressTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    /// No 30 seconds of the run, as it recorded them itself, are without a completion while jobs wait to be sent.
    ///
    /// A slow machine slows what is recorded too: a second in which the process got no time has no row. By hand at the
    /// size of a day's batch, with a release build, LLM4S_STORM_JOBS=60000.
    @Test(arguments: ["storm=4", "storm=30"])
    func noHalfMinuteIsWithoutACompletionInAStorm(behavior: String) async throws {
        let count = Project.size("LLM4S_STORM_JOBS", 400)
        let concurrency = min(400, count / 10)
        let mock = try await MockProcess(arguments: ["--behavior", behavior, "--seed", "\(Project.seed)"])
        var random = Chance(seed: Project.seed)
        let file = try directory.writeJobs(
            (1...count).map { Answers.countingJob("job-\($0)", to: Int.random(in: 20...80, using: &random)) })
        let process = try BatchProcess(
            ["run", file, "--base-url", mock.baseURL, "--concurrency", "\(concurrency)", "--progress", "none"])
        // The last ones may be silent until their clock ends them: nothing is left then that could be sent.
        let query = "SELECT count(*) FROM jobs WHERE status = 'pending' AND not_before_ms IS NULL"
        let sent = "SELECT count(*) FROM attempts"
        try await process.wait {
            SQLite.currentNumber(database, sent) > 0 && SQLite.currentNumber(database, query) == 0
        }
        process.send(SIGINT)
        process.send(SIGINT)
        let ended = await process.ended()
        // 4: three refusals (402, 403) in a row stop a provider, be it by chance.
        #expect([0, 1, 4, 130].contains(ended.status), "\(ended.error)")
        var (quiet, longest) = (0, 0)
        for row in try SQLite.rows(database, "SELECT completed, running FROM run_seconds ORDER BY second") {
            let numbers = row.split(separator: "|").compactMap { Int($0) }
            quiet = numbers[0] > 0 || numbers[1] >= concurrency ? 0 : quiet + 1
            longest = max(longest, quiet)
        }
        print("\(behavior), \(count) jobs, seed \(Project.seed): at most \(longest) s without a completion")
        #expect(longest < 30, "seed \(Project.seed)")
    }

    /// With eight words a chunk there are eight times as many tokens as chunks; the last second is in the sum.
    @Test func tokensASecondAreTokens() async throws {
        let file = try directory.writeJobs(
            (1...40).map { Answers.countingJob("\($0)", to: 200, options: "+chunk=8+pace=20ms") })
        let run = try await BatchProcess.run("run", file, "--progress", "json", "--concurrency", "10")
        #expect(run.status == 0, "\(run.error)")
        let told = try SQLite.rows(
            database,
            """
            SELECT sum(output_tokens), sum(completed), (SELECT sum(completion_tokens) FROM completions),
                sum(chunks) = (SELECT sum(chunk_count) FROM completions) FROM run_seconds
            """)
        let numbers = try #require(told.first).split(separator: "|").compactMap { Int($0) }
        #expect(numbers[0] == numbers[2] && numbers[1] == 40 && numbers[3] == 1, "\(told)")
        let events = try run.error.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        // As long as all is under way, the rate is that of the bytes and of what the reports made of them.
        let rates = events.filter { $0["event"] as? String == "progress" }.compactMap { event in
            (event["tokens_per_second"] as? Double).map { ($0, event["chunks_per_second"] as? Double ?? 0) }
        }
        #expect(rates.contains { tokens, chunks in chunks > 0 && (6...10).contains(tokens / chunks) }, "\(rates)")
        let end = try #require(events.last)
        #expect(end["event"] as? String == "ended" && (end["tokens_per_second"] as? Double ?? 0) > 0, "\(end)")
        let words = try await BatchProcess.run("run", file, "--db", directory.path("again.db"), "--concurrency", "10")
        #expect(words.error.contains(#/8,000 tokens, [\d,]+ tokens/s/#), "\(words.error)")
    }

    @Test func statusTellsWhatRefusalsHaveLeftAndHowManyAreSilent() async throws {
        let mock = try await MockProcess()
        func job(_ number: Int, _ model: String) -> String {
            #"{"id":"\#(number)","model":"mock/\#(model)","messages":[{"role":"user","content":"\#(number)"}]}"#
        }
        let silent = (1...20).map { job($0, "silent=headers") }
        let others = (21...800).map { job($0, $0.isMultiple(of: 3) ? "status=529" : "count-40+pace=100ms") }
        let file = try directory.writeJobs(silent + others)
        let process = try BatchProcess(
            ["run", file, "--base-url", mock.baseURL, "--concurrency", "60", "--progress", "json"])
        func isTold(_ text: String) -> Bool {
            text.contains(" is limited to ") && text.contains(" of them silent for ")
        }
        var text = ""
        while process.isRunning, !isTold(text) {
            try await Task.sleep(for: .milliseconds(200))
            text = try await BatchProcess.run("status", "--db", database).output
        }
        #expect(isTold(text), "\(text)")
        // A second has its row a little later than the event that tells the same.
        try await process.wait { process.errorSoFar.split(separator: "\n").contains { Self.isEvent(String($0)) } }
        process.send(SIGINT)
        process.send(SIGINT)
        let ended = await process.ended()
        #expect(ended.error.split(separator: "\n").contains { Self.isEvent(String($0)) }, "\(ended.error)")
    }

    private static func isEvent(_ line: String) -> Bool {
        line.contains(#""event":"waiting""#) && line.contains(#""silent":"#) && !line.contains(#""silent":0"#)
            && line.contains(#""silent_s":"#)
    }

    @Test func aModelThatFailsIsStoppedAloneAndTheOthersOfItsProviderGoOn() async throws {
        let mock = try await MockProcess()
        let models = ["status=502", "count-3+ttft=1s"]
        let file = try directory.writeJobs(
            (1...120).map { number in
                let words = #""messages":[{"role":"user","content":"\#(number)"}]"#
                return #"{"id":"\#(number)","model":"mock/\#(models[number % 2])",\#(words)}"#
            })
        let ended = try await BatchProcess.run(
            "run", file, "--base-url", mock.baseURL, "--concurrency", "12", "--outage-timeout", "3s")
        #expect(ended.status == 4, "\(ended.error)")
        #expect(ended.error.contains("mock/status=502 gets no more requests: out for"), "\(ended.error)")
        #expect(!ended.error.contains("mock gets no more requests"), "\(ended.error)")
        #expect(
            try SQLite.rows(
                database, "SELECT model, status, count(*) FROM jobs WHERE status = 'completed' GROUP BY 1, 2")
                == ["count-3+ttft=1s|completed|60"])
    }
}
