import Foundation
import Testing

/// The program against a real inference server.
@Suite(.serialized, .enabled(if: LlamaCppServer.isAvailable, LlamaCppServer.absence))
struct EndToEndLlamaCppTests {
    @Test(arguments: ["llamacpp", "anthropic"])
    func everyAnswerIsWhatCurlGets(provider: String) async throws {
        let server = try await LlamaCppServer()
        let directory = try TemporaryDirectory()
        let jobs = 100 * Project.trials
        // Two or three answers of two thousand numbers, the others short.
        let kind = { (number: Int) in number % 400 == 7 ? "everything" : number % 2 == 0 ? "short" : "medium" }
        let file = try directory.writeJobs(
            (0..<jobs).map { number in
                #"{"id":"j\#(number)","model":"\#(provider)/\#(LlamaCppServer.model)","#
                    + #""messages":[{"role":"user","content":"\#(kind(number))"}],"#
                    + #""options":{"temperature":0,"max_tokens":4000},"metadata":{"kind":"\#(kind(number))"}}"#
            })
        let environment =
            provider == "anthropic"
            ? ["ANTHROPIC_BASE_URL": server.baseURL, "ANTHROPIC_API_KEY": LlamaCppServer.key]
            : ["LLAMACPP_BASE_URL": server.baseURL + "/v1", "LLAMACPP_API_KEY": LlamaCppServer.key]
        let ended = try await BatchProcess.run("run", file, "--concurrency", "64", environment: environment)
        #expect(ended.status == 0, "\(ended.error)")
        let database = directory.path("jobs.db")
        try Answers.expectWhole(database, jobs: jobs)
        for kind in Set((0..<jobs).map(kind)) {
            let expected = try await Self.expected(server, provider, kind)
            let rows = try SQLite.rows(
                database,
                "SELECT DISTINCT content, finish_reason, completion_tokens, prompt_tokens, usage_source FROM results "
                    + "WHERE metadata ->> 'kind' = '\(kind)'")
            #expect(rows == [expected], "\(kind)")
        }
    }

    /// The library's example in the README.
    @Test func theTenLineExampleStreamsAnAnswer() async throws {
        let server = try await LlamaCppServer()
        let process = try BatchProcess(
            [],
            environment: Self.environment(server.baseURL + "/v1").merging(
                ["LLM_MODEL": "llamacpp/\(LlamaCppServer.model)"]
            ) { $1 },
            program: BatchProcess.example("BasicStreaming"))
        let ended = await process.ended()
        #expect(ended.status == 0, "\(ended.error)")
        let answer = try await server.curl(
            "/v1/chat/completions",
            body: #"{"model":"tiny-counter","messages":[{"role":"user","content":"Count from 1 to 10."}]}"#)
        let message = (answer["choices"] as? [[String: Any]])?.first?["message"] as? [String: Any]
        let content = try #require(message?["content"] as? String)
        let tokens = try #require((answer["usage"] as? [String: Any])?["completion_tokens"] as? Int)
        #expect(ended.output == "\(content)\nstop, \(tokens) tokens\n")
    }

    /// What curl gets for the same request, as the columns of the query above.
    private static func expected(_ server: LlamaCppServer, _ provider: String, _ kind: String) async throws -> String {
        let body = """
            {"model":"\(LlamaCppServer.model)","max_tokens":4000,"temperature":0,\
            "messages":[{"role":"user","content":"\(kind)"}]}
            """
        if provider == "anthropic" {
            let answer = try await server.curl("/v1/messages", body: body)
            let content = try #require((answer["content"] as? [[String: Any]])?.first?["text"] as? String)
            let usage = try #require(answer["usage"] as? [String: Int])
            let prompt = usage["input_tokens"]! + (usage["cache_read_input_tokens"] ?? 0)
            #expect(answer["stop_reason"] as? String == "end_turn")
            return "\(content)|stop|\(usage["output_tokens"]!)|\(prompt)|provider"
        }
        let answer = try await server.curl("/v1/chat/completions", body: body)
        let choice = try #require((answer["choices"] as? [[String: Any]])?.first)
        let content = try #require((choice["message"] as? [String: Any])?["content"] as? String)
        let usage = try #require(answer["usage"] as? [String: Any])
        return
            "\(content)|\(choice["finish_reason"]!)|\(usage["completion_tokens"]!)|\(usage["prompt_tokens"]!)|provider"
    }

    @Test func aStreamCutInTheMiddleGoesOnByPrefillWithoutAGapOrARepeat() async throws {
        var chance = Chance(seed: Project.seed)
        let server = try await LlamaCppServer()
        let jobs = 10 * Project.trials
        let cuts = (0..<jobs).map { _ in Int.random(in: 5_000...300_000, using: &chance) }
        let proxy = try await CuttingProxy.start(upstreamPort: server.port, cuts: cuts)
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs((0..<jobs).map { Self.longJob($0) })
        let ended = try await BatchProcess.run(
            "run", file, "--concurrency", "4", "--resume", "prefill",
            environment: Self.environment("http://127.0.0.1:\(proxy.port)/v1"))
        #expect(ended.status == 0, "\(ended.error)")
        let database = directory.path("jobs.db")
        try Answers.expectWhole(database, jobs: jobs)
        try await Self.expectUninterrupted(database, server, seed: Project.seed)
        #expect(
            try SQLite.number(database, "SELECT count(*) FROM attempts WHERE resume_strategy = 'prefill'") > 0,
            "nothing was cut")
        #expect(
            try SQLite.number(database, "SELECT count(*) FROM attempts WHERE resume_strategy = 'restart'") == 0,
            "an answer began anew")
        await proxy.stop()
    }

    @Test func anAnswerGoesOnByPrefillAfterKill9() async throws {
        var chance = Chance(seed: Project.seed)
        let server = try await LlamaCppServer()
        let directory = try TemporaryDirectory()
        let jobs = 6 * Project.trials
        let file = try directory.writeJobs((0..<jobs).map { Self.longJob($0) })
        let database = directory.path("jobs.db")
        let environment = Self.environment(server.baseURL + "/v1")
        for _ in 1...4 {
            let process = try BatchProcess(
                ["run", file, "--concurrency", "4", "--resume", "prefill"], environment: environment)
            let known = SQLite.currentNumber(database, "SELECT count(*) FROM chunks")
            let target = known + Int.random(in: 200...2_000, using: &chance)
            try await process.wait { SQLite.currentNumber(database, "SELECT count(*) FROM chunks") >= target }
            process.send(SIGKILL)
            _ = await process.ended()
        }
        let ended = try await BatchProcess.run(
            "run", file, "--concurrency", "4", "--resume", "prefill", environment: environment)
        #expect(ended.status == 0, "\(ended.error)")
        try Answers.expectWhole(database, jobs: jobs)
        try await Self.expectUninterrupted(database, server, seed: Project.seed)
        #expect(
            try SQLite.number(database, "SELECT count(*) FROM attempts WHERE resume_strategy = 'prefill'") > 0,
            "nothing was killed in the middle of an answer")
    }

    private static func longJob(_ number: Int) -> String {
        #"{"id":"long-\#(number)","model":"llamacpp/\#(LlamaCppServer.model)","#
            + #""messages":[{"role":"user","content":"count all, \#(number)"}],"options":{"temperature":0}}"#
    }

    private static func environment(_ url: String) -> [String: String] {
        ["LLAMACPP_BASE_URL": url, "LLAMACPP_API_KEY": LlamaCppServer.key]
    }

    /// The numbers run without a gap or a repeat, as in an answer that nobody interrupted.
    private static func expectUninterrupted(_ database: String, _ server: LlamaCppServer, seed: UInt64) async throws {
        let answer = try await server.curl(
            "/v1/chat/completions",
            body: #"{"model":"tiny-counter","temperature":0,"messages":[{"role":"user","content":"count all, 0"}]}"#)
        let message = (answer["choices"] as? [[String: Any]])?.first?["message"] as? [String: Any]
        let whole = try #require(message?["content"] as? String)
        for row in try SQLite.rows(
            database, "SELECT custom_id, segments, seams, content FROM completions JOIN jobs USING (job_id)")
        {
            let columns = row.split(separator: "|", maxSplits: 3).map(String.init)
            #expect(columns[3] == whole, "seed \(seed): \(columns[0]) in \(columns[1]) pieces: \(columns[2])")
        }
    }
}
