import Foundation
import MockProvider
import LLMStreaming
import Testing

/// Each option of the help changes something that can be seen.
@Suite(.serialized)
struct EndToEndOptionTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private func run(_ jobs: [String], _ options: String..., environment: [String: String] = [:]) async throws
        -> BatchProcess.Ended
    {
        let file = try directory.writeJobs(jobs)
        return try await BatchProcess(["run", file] + options, environment: environment, directory: directory.url)
            .ended()
    }

    private func job(_ id: String, _ model: String) -> String {
        #"{"id":"\#(id)","model":"\#(model)","prompt":"\#(id)"}"#
    }

    @Test func modelAndProviderAreForLinesThatNameNone() async throws {
        let model = try await run([#"{"id":"a","prompt":"hello"}"#], "--model", "mock/count-3")
        #expect(model.status == 0, "\(model.error)")
        let variable = try await run([#"{"id":"b","prompt":"hello"}"#], environment: ["LLM_MODEL": "mock/count-4"])
        #expect(variable.status == 0, "\(variable.error)")
        let provider = try await run([job("c", "meta/count-5")], "--provider", "mock")
        #expect(provider.status == 0, "\(provider.error)")
        #expect(
            try SQLite.rows(database, "SELECT custom_id, provider, model FROM jobs ORDER BY 1")
                == ["a|mock|count-3", "b|mock|count-4", "c|mock|meta/count-5"])
    }

    @Test func filesOfCertificatesThatCannotBeUsedAreInputErrors() async throws {
        let empty = try directory.write("", to: "empty.pem")
        for (options, words) in [
            (["--ca-file", "/no/such.pem"], "--ca-file: '/no/such.pem' cannot be read"),
            (["--ca-file", empty], "holds no certificate"), (["--client-cert", empty], "holds no certificate"),
            (["--client-key", empty], "of no use without --client-cert"),
            (["--dry-run", "--ca-file", empty], "holds no"),
        ] {
            let file = try directory.writeJobs([job("a", "mock/count-3")])
            let ended = try await BatchProcess(["run", file] + options, directory: directory.url).ended()
            #expect(ended.status == 2 && ended.error.contains(words), "\(options): \(ended.error)")
            #expect(!FileManager.default.fileExists(atPath: database))
        }
        let variable = try await run(
            [job("a", "openai/m")], "--base-url", "https://127.0.0.1:9/v1",
            environment: ["SSL_CERT_FILE": "/no/such.pem", "OPENAI_API_KEY": "k-1234"])
        #expect(variable.status == 2 && variable.error.contains("SSL_CERT_FILE"), "\(variable.error)")
    }

    /// The run's tier where the line names none; what served goes before it, in the table and in the price.
    @Test func aServiceTierIsAskedForAndTheOneThatServedIsStored() async throws {
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        let server = try await MockServer.start(configuration)
        let rates = #""input_cost_per_token":1e-3,"output_cost_per_token":1e-3"#
        let prices = try directory.write(
            #"{"count-3":{\#(rates),"input_cost_per_token_flex":1e-6,"output_cost_per_token_flex":1e-6}}"#,
            to: "prices.json")
        let priority =
            #"{"id":"b","model":"openai/count-3","prompt":"b","options":{"service_tier":"priority"}}"#
        let ended = try await run(
            [job("a", "openai/count-3"), priority, job("c", "openai/count-4")], "--service-tier", "flex", "--base-url",
            server.baseURL, "--prices", prices, "--concurrency", "1", environment: ["OPENAI_API_KEY": "k"])
        #expect(ended.status == 0 && ended.error.contains("(1 answer without a price)"), "\(ended.error)")
        // Models take turns.
        let asked = server.requests.sorted { $0.lastUserText < $1.lastUserText }.map { request in
            ["flex", "priority"].filter { request.bodyText.contains("\"service_tier\":\"\($0)\"") }
        }
        #expect(asked == [["flex"], ["priority"], ["flex"]])
        // The mock serves everybody in the standard tier.
        #expect(
            try SQLite.rows(
                database,
                """
                SELECT custom_id, service_tier, round(a.cost_usd / (prompt_tokens + completion_tokens), 6)
                FROM attempts AS a JOIN jobs USING (job_id) ORDER BY 1
                """) == ["a|default|0.001", "b|default|0.001", "c|default|"])
        let status = try await BatchProcess.run("status", "--db", database, "--json")
        #expect(status.output.contains(#""unpriced":1"#), "\(status.output)")
        let statistics = try await BatchProcess.run("stats", "--db", database, "--json")
        #expect(statistics.output.contains(#""service_tier":"default""#), "\(statistics.output)")
        // A model whose price was missing has one by another table, per model and per tier alike.
        let later = try directory.write(#"{"count-4":{\#(rates)}}"#, to: "later.json")
        let priced = try await BatchProcess.run("stats", "--db", database, "--prices", later, "--json")
        let tiers = try #require(JSONParser.parse(priced.output)["tiers"]?.array)
        #expect(tiers.map { $0["unpriced"]?.int } == [0, 0] && tiers.allSatisfy { $0["cost_usd"]?.double != nil })
        await server.stop()
    }

    @Test func aServiceTierThatAProviderDoesNotHaveIsAnInputError() async throws {
        for (model, words) in [
            ("vllm/m", "--service-tier: provider 'vllm' has no field for one"),
            ("anthropic/m", "--service-tier is one of auto, standard_only at provider 'anthropic', not flex"),
        ] {
            let ended = try await run(
                [job("a", model)], "--service-tier", "flex", environment: ["ANTHROPIC_API_KEY": "k"])
            #expect(ended.status == 2 && ended.error.contains(words), "\(ended.error)")
            #expect(!FileManager.default.fileExists(atPath: database))
        }
    }

    @Test func streamOptionsCanBeLeftOut() async throws {
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        let server = try await MockServer.start(configuration)
        for isSent in [false, true] {
            let config = try directory.write(
                #"{"providers": {"lab": {"base_url": "\#(server.baseURL)", "stream_options": \#(isSent)}}}"#,
                to: "lab.json")
            let ended = try await run([job("\(isSent)", "lab/count-3")], "--config", config)
            #expect(ended.status == 0, "\(ended.error)")
            let body = String(decoding: try #require(server.requests.last).body, as: UTF8.self)
            #expect(body.contains("stream_options") == isSent, "\(body)")
        }
        let wrong = try directory.write(#"{"providers": {"lab": {"stream_options": 3}}}"#, to: "wrong.json")
        let refused = try await run([job("x", "lab/count-3")], "--config", wrong)
        #expect(refused.status == 2 && refused.error.contains("lab.stream_options"), "\(refused.error)")
        await server.stop()
    }

    @Test func theTimeLeftKnowsOfALongerWait() async throws {
        let file = try directory.writeJobs([
            job("quick", "mock/count-3"), job("late", "mock/status=429+retryafter=7200"),
        ])
        let process = try BatchProcess(["run", file], directory: directory.url)
        // One that is answered at once, one that waits for two hours.
        var status = ""
        while process.isRunning, !status.contains("time left   1 h 5"), !status.contains("time left   2 h 0") {
            status = try await BatchProcess.run("status", "--db", database).output
        }
        #expect(process.isRunning, "\(status)")
        process.send(SIGTERM)
        _ = await process.ended()
    }

    @Test func aKeyInTheConfigurationIsNotShown() async throws {
        let config = try directory.write(
            #"{"providers": {"lab": {"base_url": "http://127.0.0.1:9/v1", "api_key_env": "sk-marked-7f3a"}}}"#,
            to: "k.json")
        let ended = try await run([job("a", "lab/m")], "--config", config)
        #expect(
            ended.status == 2 && ended.error.contains("api_key_env") && !ended.error.contains("7f3a"), "\(ended.error)")
    }

    @Test func theEnvironmentGoesBeforeTheConfigurationFile() async throws {
        _ = try directory.write(#"{"options": {"model": "mock/count-3"}}"#, to: "llm4s-batch.json")
        let file = try await run([#"{"id":"a","prompt":"hello"}"#])
        #expect(file.status == 0, "\(file.error)")
        let variable = try await run([#"{"id":"b","prompt":"hello"}"#], environment: ["LLM_MODEL": "mock/count-4"])
        #expect(variable.status == 0, "\(variable.error)")
        #expect(
            try SQLite.rows(database, "SELECT custom_id, model FROM jobs ORDER BY 1") == ["a|count-3", "b|count-4"])
    }

    @Test func aURLForAProviderThatNoJobNamesIsRefused() async throws {
        let ended = try await run(
            [job("a", "mock/count-3")], "--provider", "vllm", "--base-url", "http://127.0.0.1:9/v1")
        #expect(ended.status == 2 && ended.error.contains("--base-url is for 'vllm'"), "\(ended.error)")
        #expect(!FileManager.default.fileExists(atPath: database))
    }

    @Test func concurrencyBoundsTheOpenStreams() async throws {
        let server = try await MockServer.start()
        let jobs = (1...30).map { Answers.countingJob("\($0)", to: 10, options: "+pace=5ms") }
        let ended = try await run(jobs, "--concurrency", "3", "--base-url", server.baseURL)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(server.statistics.maximumConcurrentStreams == 3)
        await server.stop()
    }

    @Test func moreConcurrencyThanOpenFilesIsAnInputError() async throws {
        let ended = try await run([job("a", "mock/count-3")], "--concurrency", "1000000000")
        #expect(ended.status == 2 && ended.error.contains("open files"), "\(ended.error)")
        #expect(!FileManager.default.fileExists(atPath: database))
    }

    @Test func maxAttemptsEndsAJob() async throws {
        let ended = try await run([job("a", "mock/drop")], "--max-attempts", "2")
        #expect(ended.status == 1, "\(ended.error)")
        #expect(try SQLite.number(database, "SELECT count(*) FROM attempts WHERE counts = 1") == 2)
    }

    @Test(arguments: [
        ("silent=first", "--first-token-timeout", "timeout_first_token"),
        ("silent=headers", "--first-token-timeout", "timeout_first_token"),
        ("silent=middle", "--idle-timeout", "timeout_idle"),
    ])
    func clocksEndSilentStreams(behavior: String, option: String, kind: String) async throws {
        let ended = try await run([job("a", "mock/\(behavior)")], option, "300ms", "--max-attempts", "1")
        #expect(ended.status == 1, "\(ended.error)")
        #expect(try SQLite.rows(database, "SELECT error_kind FROM jobs") == [kind])
    }

    @Test func connectTimeoutEndsAConnectionThatDoesNotCome() async throws {
        // A listener whose queue is full answers no further connection.
        let listener = try SilentListener()
        let ended = try await run(
            [job("a", "mock/x")], "--base-url", "http://127.0.0.1:\(listener.port)/v1", "--connect-timeout", "300ms",
            "--max-attempts", "1")
        #expect(ended.status == 1, "\(ended.error)")
        #expect(try SQLite.rows(database, "SELECT error_kind FROM jobs") == ["timeout_connect"])
    }

    @Test(arguments: [("auto", "prefill", 2), ("restart", "restart", 1)])
    func resumeSaysWhatIsDoneWithPartialText(policy: String, strategy: String, segments: Int) async throws {
        let ended = try await run([job("a", "mock/count-50+cutchunk=middle+times=1")], "--resume", policy)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try SQLite.rows(database, "SELECT resume_strategy FROM attempts ORDER BY 1") == ["", strategy])
        #expect(
            try SQLite.rows(database, "SELECT segments, content FROM completions")
                == ["\(segments)|\(Answers.counting(to: 50))"])
        try Answers.expectWhole(database, jobs: 1)
    }

    @Test func maxJobsAndFailFastStopWithWorkLeft() async throws {
        let limited = try await run((1...5).map { job("\($0)", "mock/count-3") }, "--max-jobs", "2")
        #expect(limited.status == 4 && limited.error.contains("max-jobs"), "\(limited.error)")
        let told = try await BatchProcess.run("status", database).output
        #expect(told.contains("  stopped     by --max-jobs"), "\(told)")
        #expect(try SQLite.number(database, "SELECT count(*) FROM completions") == 2)
        try FileManager.default.removeItem(atPath: database)
        let failed = try await run(
            [job("bad", "mock/status=400")] + (1...50).map { job("\($0)", "mock/count-300+pace=5ms") }, "--fail-fast",
            "--concurrency", "2")
        #expect(failed.status == 4 && failed.error.contains("fail-fast"), "\(failed.error)")
        #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'pending'") > 40)
    }

    @Test func chunksSaysWhichAreKept() async throws {
        let jobs = (1...5).map { job("\($0)", "mock/count-20") }
        var counts: [Int] = []
        for retention in ["all", "none"] {
            let ended = try await run(jobs, "--chunks", retention, "--db", directory.path(retention))
            #expect(ended.status == 0, "\(ended.error)")
            counts.append(try SQLite.number(directory.path(retention), "SELECT count(*) FROM chunks"))
        }
        #expect(counts[0] >= 100 && counts[1] == 0)
        let wrong = try await run(jobs, "--chunks", "some")
        #expect(wrong.status == 2 && wrong.error.contains("some"))
    }

    @Test func theOptionsInForceAreKeptWithTheRun() async throws {
        let ended = try await run([job("a", "mock/count-3")], "--durability", "normal", "--drain-timeout", "250ms")
        #expect(ended.status == 0, "\(ended.error)")
        #expect(
            try SQLite.rows(database, "SELECT options ->> 'durability', options ->> 'drain-timeout' FROM runs")
                == ["normal|250ms"])
    }

    @Test func boundsOfLinesAndEventsHold() async throws {
        let line = try await run([job("a", "mock/" + String(repeating: "x", count: 500))], "--max-line-bytes", "400")
        #expect(line.status == 2 && line.error.contains("400"), "\(line.error)")
        let event = try await run([job("a", "mock/huge=100000")], "--max-event-bytes", "50000")
        #expect(event.status == 1, "\(event.error)")
        #expect(try SQLite.rows(database, "SELECT error_kind FROM jobs") == ["oversized_event"])
    }

    @Test func anAuthorityFileThatIsNoneIsAnError() async throws {
        let ended = try await run(
            [job("a", "openai/gpt")], "--base-url", "https://127.0.0.1:9/v1", "--ca-file", "/nonexistent.pem",
            "--max-attempts", "1", environment: ["OPENAI_API_KEY": "k"])
        #expect(ended.status != 0 && ended.error.contains("/nonexistent.pem"), "\(ended.error)")
    }

    /// Trusted alone: of the flag, the configuration file and the variable, each with the file that it goes with.
    @Test func authoritiesCanBeTrustedAlone() async throws {
        let nothing = try await run([job("a", "openai/m")], "--ca-only", environment: ["OPENAI_API_KEY": "k-1234"])
        #expect(nothing.status == 2 && nothing.error.contains("none is named"), "\(nothing.error)")
        let config = try directory.write(#"{"options": {"ca-only": true}}"#, to: "alone.json")
        let file = try await run(
            [job("a", "openai/m")], "--config", config, environment: ["OPENAI_API_KEY": "k-1234"])
        #expect(file.status == 2 && file.error.contains("none is named"), "\(file.error)")
        let variable = try await run(
            [job("a", "openai/m")], "--ca-only", environment: ["OPENAI_API_KEY": "k-1234", "SSL_CERT_FILE": "/no.pem"])
        #expect(variable.status == 2 && variable.error.contains("SSL_CERT_FILE: '/no.pem'"), "\(variable.error)")
        #expect(!FileManager.default.fileExists(atPath: database))
    }

    /// Work that grows with the square of the fields would take hours.
    @Test(.timeLimit(.minutes(15)))
    func aConfigurationMayHaveAnyNumberOfHeaders() async throws {
        let fields = (1...60_000).map { #""X-Key-\#($0)":"value-\#($0)-abcdef0123456789""# }.joined(separator: ",")
        let config = try directory.write(
            #"{"providers":{"lab":{"base_url":"http://127.0.0.1:9/v1","headers":{\#(fields)}}}}"#, to: "large.json")
        let ended = try await run(
            [job("a", "mock/count-3"), job("b", "lab/m")], "--config", config, "--dry-run")
        #expect(ended.status == 0, "\(ended.error.prefix(500))")
    }

    @Test func theConfigurationFileNamesProvidersAndStandsForFlags() async throws {
        let server = try await MockServer.start()
        let config = try directory.write(
            """
            {"providers": {"lab": {"base_url": "\(server.baseURL)", "api_key_env": "LAB_KEY"}},
             "options": {"concurrency": 2, "progress": "none"}}
            """, to: "lab.json")
        let jobs = (1...10).map { job("\($0)", "lab/count-5+pace=5ms") }
        let missing = try await run(jobs, "--config", config)
        #expect(missing.status == 2 && missing.error.contains("LAB_KEY"), "\(missing.error)")
        let ended = try await run(jobs, "--config", config, environment: ["LAB_KEY": "k"])
        #expect(ended.status == 0, "\(ended.error)")
        #expect(server.statistics.maximumConcurrentStreams == 2)
        #expect(try SQLite.rows(database, "SELECT options ->> 'concurrency' FROM runs") == ["2"])
        for wrong in [
            #"{"provders": {}}"#, #"{"options": {"concurency": 2}}"#, #"{"providers": {"a": {"dialect": "x"}}}"#,
        ] {
            let ended = try await run(jobs, "--config", try directory.write(wrong, to: "wrong.json"))
            #expect(ended.status == 2, "\(wrong): \(ended.error)")
        }
        await server.stop()
    }

    @Test func onChangedDecidesWhatAnotherRequestUnderTheSameIdDoes() async throws {
        let first = try await run([job("a", "mock/count-3")])
        #expect(first.status == 0)
        let refused = try await run([job("a", "mock/count-4")])
        #expect(refused.status == 2 && refused.error.contains("'a'"), "\(refused.error)")
        let unasked = try await run([job("a", "mock/count-4")], "--on-changed", "replace")
        #expect(unasked.status == 2 && unasked.error.contains("deletes 1 stored answer of"), "\(unasked.error)")
        let kept = try await run([job("a", "mock/count-4")], "--on-changed", "keep")
        #expect(kept.status == 0)
        #expect(try SQLite.rows(database, "SELECT content FROM results") == ["1 2 3"])
        let replaced = try await run([job("a", "mock/count-4")], "--on-changed", "replace", "--yes")
        #expect(replaced.status == 0, "\(replaced.error)")
        #expect(try SQLite.rows(database, "SELECT content FROM results") == ["1 2 3 4"])
    }

    @Test func aJobThatIsGoneFromItsFileIsKeptAndResumeRunsIt() async throws {
        _ = try await run([job("a", "mock/count-3"), job("b", "mock/count-4")], "--max-jobs", "1")
        let second = try await run([job("a", "mock/count-3")])
        #expect(second.status == 0 && second.error.contains("1 gone"), "\(second.error)")
        let resumed = try await BatchProcess.run("resume", "--db", database)
        #expect(resumed.status == 0, "\(resumed.error)")
        #expect(try SQLite.rows(database, "SELECT custom_id FROM results ORDER BY 1") == ["a", "b"])
    }

    @Test func badLinesAreLeftOutOnlyWhereTheUserSaysSo() async throws {
        let ended = try await run([job("a", "mock/count-3"), "{", job("b", "mock/count-3")], "--skip-invalid")
        #expect(ended.status == 1, "\(ended.error)")
        #expect(try SQLite.number(database, "SELECT count(*) FROM results") == 2)
        #expect(try SQLite.rows(database, "SELECT line, text FROM rejected_lines") == ["2|{"])
    }

    @Test func progressIsShownAsAsked() async throws {
        let jobs = [job("a", "mock/count-60+pace=40ms")]
        let plain = try await run(jobs, "--progress", "plain", "--db", directory.path("plain"))
        #expect(plain.error.contains("0 of 1 done"), "\(plain.error)")
        let bar = try await run(jobs, "--progress", "bar", "--db", directory.path("bar"))
        #expect(bar.error.contains("\r"))
        let none = try await run(jobs, "--progress", "none", "--db", directory.path("none"))
        #expect(!none.error.contains("running"), "\(none.error)")
    }

    @Test func resultsGoToAFileThatIsWholeWhenItAppears() async throws {
        _ = try await run([job("a", "mock/count-3"), job("b", "mock/status=400")])
        let output = directory.path("answers.jsonl")
        let ended = try await BatchProcess.run("results", "--db", database, "-o", output, "--status", "completed")
        #expect(ended.status == 0 && ended.output.isEmpty, "\(ended.error)")
        let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 1 && lines[0].contains("1 2 3"))
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
        #expect(!names.contains { $0.hasSuffix(".tmp") })
    }

    @Test func retryRevivesByKindOfErrorAndById() async throws {
        let jobs = [
            job("a", "mock/status=400+times=1"), job("b", "mock/status=403+times=2"), job("c", "mock/status=413"),
        ]
        let server = try await MockServer.start()
        let file = try directory.writeJobs(jobs)
        _ = try await BatchProcess.run("run", file, "--base-url", server.baseURL)
        #expect(try SQLite.number(database, "SELECT count(*) FROM failures") == 3)
        let byKind = try await BatchProcess.run(
            "retry", "--db", database, "--error-kind", "permission", "--base-url", server.baseURL)
        #expect(byKind.error.contains("1 job revived"), "\(byKind.error)")
        #expect(try SQLite.rows(database, "SELECT custom_id FROM results") == ["b"])
        let byID = try await BatchProcess.run("retry", "--db", database, "--job", "a", "--base-url", server.baseURL)
        #expect(byID.status == 0, "\(byID.error)")
        #expect(try SQLite.rows(database, "SELECT custom_id FROM results ORDER BY 1") == ["a", "b"])
        let unknown = try await BatchProcess.run("retry", "--db", database, "--error-kind", "bad_luck")
        #expect(unknown.status == 2 && unknown.error.contains("rate_limit"))
        await server.stop()
    }

    @Test(arguments: [
        ["run"], ["run", "a.jsonl", "b.jsonl"], ["frobnicate"], ["run", "x.jsonl", "--concurrency", "0"],
        ["run", "x.jsonl", "--idle-timeout", "soon"], ["run", "/nonexistent.jsonl"], ["show", "--db", "x.db"],
    ])
    func usageErrorsEndWithTwo(arguments: [String]) async throws {
        let ended = try await BatchProcess(arguments, directory: directory.url).ended()
        #expect(ended.status == 2 && !ended.error.isEmpty && ended.output.isEmpty)
    }

    @Test func helpAndVersionGoToStandardOutput() async throws {
        for arguments in [["--help"], ["--version"], ["run", "--help"], ["mock", "--help"]] {
            let ended = try await BatchProcess(arguments).ended()
            #expect(ended.status == 0 && !ended.output.isEmpty && ended.error.isEmpty, "\(arguments)")
        }
    }
}
