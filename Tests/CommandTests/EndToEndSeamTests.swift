import Foundation
import MockProvider
import Testing

/// Interrupted answers of a provider that keeps each known rule for going on from them, and breaks it in each known way.
@Suite struct EndToEndSeamTests {
    /// One way of a provider, and how an interrupted answer must end.
    struct Case: Sendable, CustomStringConvertible {
        var name: String
        /// Behaviour of the mock beside the cut, as in the model's name.
        var behavior: String
        /// The provider in the configuration file.
        var provider: String
        var options = ""
        var resume = "auto"
        /// The strategies of the attempts after the first, in order.
        var strategies: [String]
        var segments: Int
        var count = 60
        var description: String { name }
    }

    static let chat = #""dialect": "openai-chat""#
    static let messages = #""dialect": "anthropic-messages""#
    static let conversation = #""dialect": "openai-chat", "resume": "conversation-replay""#
    static let responses = #""dialect": "openai-responses", "resume": "responses-replay""#

    static let cases = [
        // Prefill, in each provider's form.
        Case(
            name: "vLLM continues", behavior: "like=vllm", provider: chat + #", "resume": "continue_final_message""#,
            strategies: ["prefill"], segments: 2),
        Case(
            name: "DeepSeek continues", behavior: "like=deepseek", provider: chat + #", "resume": "prefix""#,
            strategies: ["prefill"], segments: 2),
        Case(
            name: "llama.cpp continues", behavior: "like=llamacpp", provider: chat + #", "resume": "assistant""#,
            strategies: ["prefill"], segments: 2),
        Case(
            name: "Messages continue", behavior: "like=llamacpp", provider: messages + #", "resume": "assistant""#,
            strategies: ["prefill"], segments: 2),
        Case(
            name: "Mistral echoes", behavior: "like=mistral", provider: chat + #", "resume": "prefix""#,
            strategies: ["prefill"], segments: 1),
        // And its misbehaviours.
        Case(
            name: "a silent restart", behavior: "prefill=restart",
            provider: chat + #", "resume": "continue_final_message""#, strategies: ["prefill"], segments: 1),
        Case(
            name: "white space lost", behavior: "prefill=drop-space",
            provider: chat + #", "resume": "continue_final_message""#, strategies: ["prefill"], segments: 2),
        Case(
            name: "white space doubled", behavior: "prefill=double-space",
            provider: chat + #", "resume": "continue_final_message""#, strategies: ["prefill"], segments: 2),
        Case(
            name: "a refusal falls back to a new beginning", behavior: "prefill=refuse",
            provider: chat + #", "resume": "continue_final_message""#, strategies: ["prefill", "restart"], segments: 1),
        // Replay of a stream that the server keeps.
        Case(
            name: "a conversation is replayed", behavior: "like=llamacpp", provider: conversation,
            strategies: ["replay"], segments: 2),
        Case(
            name: "a conversation's replay that begins anew is the answer", behavior: "like=llamacpp+replayanew",
            provider: conversation, strategies: ["replay"], segments: 1),
        Case(
            name: "a Messages conversation's replay that begins anew is the answer",
            behavior: "like=llamacpp+replayanew",
            provider: #""dialect": "anthropic-messages", "resume": "conversation-replay""#, strategies: ["replay"],
            segments: 1),
        Case(
            name: "a response's replay that begins anew is the answer", behavior: "replayanew", provider: responses,
            strategies: ["replay"], segments: 1),
        Case(
            name: "a replay that begins anew and never comes as far falls to prefill",
            behavior: "like=llamacpp+replayanew+replaycut=2500", provider: conversation,
            strategies: ["replay", "prefill"], segments: 2),
        Case(
            name: "a replay that breaks again is asked for again", behavior: "like=llamacpp+replaycut=4000",
            provider: conversation, strategies: ["replay"], segments: 2),
        Case(
            name: "an expired conversation falls to prefill", behavior: "like=llamacpp+replays=0",
            provider: conversation, strategies: ["replay", "prefill"], segments: 2),
        Case(
            name: "a background response is replayed", behavior: "", provider: responses, strategies: ["replay"],
            segments: 2),
        Case(
            name: "an expired response begins anew", behavior: "replays=0", provider: responses,
            strategies: ["replay", "restart"], segments: 1),
        Case(
            name: "a response whose stream cannot be had again is looked at until it is whole",
            behavior: "noreplay+pace=40ms", provider: responses, strategies: ["replay"], segments: 1),
        // Asking the model to go on.
        Case(
            name: "asked, it goes on", behavior: "like=openai", provider: chat, resume: "continue",
            strategies: ["continue"], segments: 2),
        Case(
            name: "asked, it repeats its last words", behavior: "like=openai+seam=6", provider: chat,
            resume: "continue", strategies: ["continue"], segments: 2),
        Case(
            name: "asked, it begins without white space", behavior: "like=openai+seam=bare", provider: chat,
            resume: "continue", strategies: ["continue"], segments: 2),
        Case(
            name: "asked, it repeats everything", behavior: "like=openai+seam=whole", provider: chat,
            resume: "continue", strategies: ["continue"], segments: 1),
    ]

    @Test(arguments: cases)
    func anInterruptedAnswerEndsAsIfNothingHadHappened(test: Case) async throws {
        let run = try await run(test, cut: "cutchunk=30+times=1")
        #expect(run.ended.status == 0, "\(run.ended.error)")
        try Answers.expectWhole(run.database, jobs: 1)
        #expect(
            try SQLite.rows(run.database, "SELECT content FROM completions") == [Answers.counting(to: test.count)])
        // How often a replay breaks again depends on the length of its events.
        let isCutAgain = test.behavior.contains("replaycut") && !test.behavior.contains("replayanew")
        let segments = try SQLite.number(run.database, "SELECT segments FROM completions")
        #expect(isCutAgain ? segments > test.segments : segments == test.segments, "\(segments) segments")
        let strategies = try SQLite.rows(
            run.database,
            "SELECT resume_strategy, resume_reason FROM attempts WHERE number > 1 ORDER BY number")
        #expect(Self.withoutRepeats(strategies.map { String($0.prefix { $0 != "|" }) }) == test.strategies)
        #expect(strategies.allSatisfy { !$0.hasSuffix("|") }, "each says why: \(strategies)")
        // What is kept of a broken stream is what the provider sent.
        let sent = run.server.requests.compactMap { $0.response?.text }.first ?? ""
        for row in try SQLite.rows(
            run.database, "SELECT partial ->> '$.choices[0].text' FROM attempts WHERE number = 1")
        {
            #expect(sent.hasPrefix(row))
        }
        await run.server.stop()
    }

    @Test func aRefusalIsSaidOnceAndTheOthersBeginAnew() async throws {
        var test = try #require(Self.cases.first { $0.behavior == "prefill=refuse" })
        test.options = ""
        let run = try await run(test, cut: "cutchunk=30+times=1", jobs: 5)
        #expect(run.ended.status == 0, "\(run.ended.error)")
        #expect(run.ended.error.components(separatedBy: "refused to go on").count == 2, "\(run.ended.error)")
        #expect(try SQLite.number(run.database, "SELECT count(*) FROM completions WHERE segments = 1") == 5)
        await run.server.stop()
    }

    @Test func aRunStuckInTheQueueIsCancelledAndSentAgain() async throws {
        let test = Case(
            name: "stuck", behavior: "queued", provider: Self.responses, strategies: [], segments: 0)
        let run = try await run(test, cut: "", extra: ["--first-token-timeout", "1500ms", "--max-attempts", "2"])
        #expect(run.ended.status == 1, "\(run.ended.error)")
        #expect(
            try SQLite.rows(run.database, "SELECT status, error_kind FROM jobs") == ["failed|timeout_first_token"])
        let calls = run.server.requests.map { "\($0.method) \($0.path.hasSuffix("/cancel") ? "cancel" : "responses")" }
        #expect(calls == ["POST responses", "POST cancel", "POST responses", "POST cancel"])
        await run.server.stop()
    }

    @Test func aResponseIsLookedAtUntilItIsWholeWhereItsStreamCannotBeHadAgain() async throws {
        let test = Case(
            name: "polled", behavior: "noreplay+pace=40ms", provider: Self.responses, strategies: [], segments: 1)
        let run = try await run(test, cut: "cutchunk=10+times=1")
        #expect(run.ended.status == 0, "\(run.ended.error)")
        let calls = run.server.requests.map { "\($0.method) \($0.path.contains("stream=true") ? "stream" : "whole")" }
        let looks = calls.dropFirst(2)
        #expect(calls.prefix(2) == ["POST whole", "GET stream"], "\(calls)")
        #expect(looks.count > 1 && looks.allSatisfy { $0 == "GET whole" }, "asked before it is whole: \(calls)")
        #expect(
            try SQLite.rows(
                run.database,
                "SELECT completion_tokens, billed_completion_tokens, usage_source, segments FROM completions")
                == ["60|60|provider|1"])
        await run.server.stop()
    }

    @Test func usageThatIsLostWithTheCutIsNotMadeUp() async throws {
        let test = Case(
            name: "usage lost", behavior: "", provider: Self.chat, strategies: [], segments: 1)
        let run = try await run(test, cut: "cutusage+times=1")
        #expect(run.ended.status == 0, "\(run.ended.error)")
        #expect(
            try SQLite.rows(run.database, "SELECT usage_source, completion_tokens IS NULL, segments FROM completions")
                == ["none|1|1"])
        await run.server.stop()
    }

    @Test func aReplayedResponseIsBilledOnce() async throws {
        let test = try #require(Self.cases.first { $0.behavior.isEmpty && $0.provider == Self.responses })
        let run = try await run(test, cut: "cutchunk=30+times=1")
        #expect(
            try SQLite.rows(
                run.database,
                "SELECT completion_tokens, billed_completion_tokens, usage_source FROM completions")
                == ["60|60|provider"])
        #expect(
            try SQLite.rows(run.database, "SELECT count(DISTINCT response_id), count(*) FROM attempts") == ["1|2"])
        await run.server.stop()
    }

    /// Behind so little text that nothing but its names tells a new stream from the rest of one.
    @Test(arguments: [1, 2, 5, 9])
    func aResponsesReplayThatBeginsAnewIsKnownBehindAnyText(chunk: Int) async throws {
        let test = try #require(Self.cases.first { $0.behavior == "replayanew" })
        let run = try await run(test, cut: "cutchunk=\(chunk)+times=1")
        #expect(run.ended.status == 0, "\(run.ended.error)")
        #expect(
            try SQLite.rows(run.database, "SELECT content FROM completions") == [Answers.counting(to: test.count)])
        await run.server.stop()
    }

    /// Cut while it is too short, an answer begins anew: with a provider that does so by itself it would be doubled.
    @Test func behindAShortTextAnAnswerBeginsAnew() async throws {
        let test = Case(
            name: "short", behavior: "prefill=restart", provider: Self.cases[0].provider, strategies: [], segments: 1)
        for (policy, content) in [("auto", ""), ("prefill", "1 2 3 4")] {
            var test = test
            test.resume = policy
            let run = try await run(test, cut: "cutchunk=5+times=1")
            #expect(run.ended.status == 0, "\(run.ended.error)")
            #expect(
                try SQLite.rows(run.database, "SELECT content FROM completions")
                    == [content + Answers.counting(to: test.count)])
            let strategy = policy == "auto" ? "restart" : "prefill"
            #expect(
                try SQLite.rows(run.database, "SELECT resume_strategy FROM attempts WHERE number = 2") == [strategy])
            await run.server.stop()
        }
    }

    /// The prompt of a continuation holds the kept text, which is no part of the job's.
    @Test func usageIsOfTheRequestAsFirstSentAndOfTheWholeText() async throws {
        let whole = try await run(Self.cases[0], cut: "")
        let prompt = try SQLite.number(whole.database, "SELECT prompt_tokens FROM completions")
        await whole.server.stop()
        let run = try await run(Self.cases[0], cut: "cutchunk=30+times=2")
        #expect(
            try SQLite.rows(
                run.database,
                "SELECT prompt_tokens, completion_tokens, total_tokens, usage_source, segments FROM completions")
                == ["\(prompt)|60|\(prompt + 60)|mixed|3"])
        // Each attempt's prompt is what it must have been: the kept text went along with the later ones.
        let prompts = try SQLite.rows(run.database, "SELECT prompt_tokens, usage_source FROM attempts ORDER BY number")
        #expect(prompts.first == "\(prompt)|mixed" && prompts.count == 3)
        let billed = try SQLite.number(run.database, "SELECT sum(prompt_tokens) FROM attempts")
        #expect(billed > 3 * prompt)
        #expect(try SQLite.rows(run.database, "SELECT billed_prompt_tokens FROM completions") == ["\(billed)"])
        #expect(
            try SQLite.rows(run.database, "SELECT prompt_tokens, billed_prompt_tokens FROM usage_by_model")
                == ["\(prompt)|\(billed)"])
        let results = try await BatchProcess.run("results", "--db", run.database)
        #expect(
            results.output.contains(
                #""prompt_tokens":\#(prompt),"completion_tokens":60,"total_tokens":\#(prompt + 60)"#),
            "\(results.output)")
        await run.server.stop()
    }

    /// A stream that broke has not told its tokens, and its pieces have any number of them.
    @Test(arguments: [(words: 1, at: 40), (2, 30), (8, 9), (100, 2)], [1, 3])
    func theTokensOfAJoinedAnswerAreThoseOfItsText(piece: (words: Int, at: Int), cuts: Int) async throws {
        let directory = try TemporaryDirectory()
        let model = "mock/assistant+words=400+chunk=\(piece.words)+cutchunk=\(piece.at)+times=\(cuts)"
        let file = try directory.writeJobs([
            #"{"id":"a","model":"\#(model)","prompt":"hello"}"#,
            #"{"id":"b","model":"mock/assistant+words=400","prompt":"hello"}"#,
        ])
        let ended = try await BatchProcess(["run", file], directory: directory.url).ended()
        #expect(ended.status == 0, "\(ended.error)")
        let columns = "custom_id, c.completion_tokens, c.usage_source, c.segments, c.prompt_tokens"
        let rows = try SQLite.rows(
            directory.path("jobs.db"), "SELECT \(columns) FROM completions AS c JOIN jobs USING (job_id) ORDER BY 1")
        let prompt = try #require(rows.last?.split(separator: "|").last)
        #expect(rows == ["a|400|mixed|\(cuts + 1)|\(prompt)", "b|400|provider|1|\(prompt)"])
    }

    @Test func aMessageOfAContinuationIsExportedWithTheRequestsPrompt() async throws {
        let test = try #require(Self.cases.first { $0.name == "Messages continue" })
        let run = try await run(test, cut: "cutchunk=30+times=1")
        let prompt = try SQLite.number(run.database, "SELECT prompt_tokens FROM attempts WHERE number = 1")
        #expect(try SQLite.number(run.database, "SELECT prompt_tokens FROM completions") == prompt)
        #expect(
            try SQLite.rows(
                run.database, "SELECT completion_tokens, total_tokens, usage ->> '$.input_tokens' > 30 FROM completions"
            )
                == ["60|\(prompt + 60)|1"])
        let results = try await BatchProcess.run("results", "--db", run.database, "--format", "anthropic-batch")
        #expect(results.output.contains(#""input_tokens":\#(prompt),"#), "\(results.output)")
        #expect(results.output.contains(#""output_tokens":60"#), "\(results.output)")
        await run.server.stop()
    }

    @Test func retryRevivesAFailedJobFromItsPartialText() async throws {
        let run = try await run(Self.cases[0], cut: "inband=30+code=context_length_exceeded+times=1")
        #expect(run.ended.status == 1, "\(run.ended.error)")
        let partial = try #require(try SQLite.rows(run.database, "SELECT text FROM partials").first)
        #expect(Answers.counting(to: 60).hasPrefix(partial) && !partial.isEmpty)
        let retried = try await BatchProcess.run(
            "retry", "--db", run.database, "--config", run.directory.path("llm4s-batch.json"))
        #expect(retried.status == 0, "\(retried.error)")
        try Answers.expectWhole(run.database, jobs: 1)
        #expect(
            try SQLite.rows(run.database, "SELECT segments, content FROM completions")
                == ["2|\(Answers.counting(to: 60))"])
        await run.server.stop()
    }

    @Test func statsStatusAndShowTellWhatResumingCameTo() async throws {
        let run = try await run(Self.cases[0], cut: "cutchunk=30+times=1", jobs: 3)
        let stats = try await BatchProcess.run("stats", "--db", run.database)
        #expect(stats.status == 0, "\(stats.error)")
        for words in [
            "lab/count-60+like=vllm+cutchunk=30+times=1 · 3 answers", "first token", "tokens/s",
            "3 × cut (HTTP 200) on 3 jobs",
            "gone on with  3 by prefill", "3 in 2 pieces",
        ] { #expect(stats.output.contains(words), "\(words): \(stats.output)") }
        let json = try await BatchProcess.run("stats", "--db", run.database, "--json")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        let resuming = try #require(object["resuming"] as? [String: Any])
        let kept = try SQLite.number(run.database, "SELECT sum(partial ->> '$.tokens') FROM attempts")
        #expect(resuming["saved_tokens"] as? Int == kept)
        #expect(resuming["answers_by_segments"] as? [String: Int] == ["2": 3])
        let status = try await BatchProcess.run("status", "--db", run.database)
        #expect(status.output.contains("3 answers in 2 pieces"), "\(status.output)")
        let show = try await BatchProcess.run("show", "--db", run.database, "j1")
        #expect(
            show.output.contains("prefill: goes on from attempt 1 with")
                && show.output.contains("lab continues a last"),
            "\(show.output)")
        await run.server.stop()
    }

    @Test(arguments: [
        ("openai", "prefill", "possible there: auto, continue, restart"),
        ("anthropic/claude-opus-4-7", "prefill", "possible there: auto, continue, restart"),
        ("openrouter", "replay", "possible there: auto, prefill, continue, restart"),
    ])
    func aWayThatAProviderDoesNotHaveIsAnErrorBeforeAnythingIsSent(
        model: String, resume: String, words: String
    ) async throws {
        let directory = try TemporaryDirectory()
        let name = model.contains("/") ? model : model + "/m"
        let file = try directory.writeJobs([#"{"model":"\#(name)","prompt":"Hi"}"#])
        let ended = try await BatchProcess.run(
            "run", file, "--resume", resume, "--base-url", "http://127.0.0.1:9",
            environment: ["OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k", "OPENROUTER_API_KEY": "k"])
        #expect(ended.status == 2)
        #expect(ended.error.contains(words), "\(ended.error)")
        #expect(!FileManager.default.fileExists(atPath: directory.path("jobs.db")))
    }

    private struct Run {
        var ended: BatchProcess.Ended
        var database: String
        var server: MockServer
        /// Holds the database until the checks are through.
        var directory: TemporaryDirectory
    }

    private func run(_ test: Case, cut: String, jobs: Int = 1, extra: [String] = []) async throws -> Run {
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        configuration.recordsResponses = true
        let server = try await MockServer.start(configuration)
        let directory = try TemporaryDirectory()
        let behavior = [test.behavior, cut].filter { !$0.isEmpty }.joined(separator: "+")
        let model = "lab/count-\(test.count)+\(behavior)"
        let file = try directory.writeJobs(
            (1...jobs).map { number in
                #"{"id":"j\#(number)","model":"\#(model)","messages":[{"role":"user","content":"job \#(number)"}]}"#
            })
        let url = test.provider.contains("messages") ? String(server.baseURL.dropLast(3)) : server.baseURL
        try #"{"providers": {"lab": {"base_url": "\#(url)", \#(test.provider)}}}"#.write(
            toFile: directory.path("llm4s-batch.json"), atomically: true, encoding: .utf8)
        let ended = try await BatchProcess(
            ["run", file, "--resume", test.resume, "--config", directory.path("llm4s-batch.json")] + extra
        ).ended()
        return Run(ended: ended, database: directory.path("jobs.db"), server: server, directory: directory)
    }

    private static func withoutRepeats(_ words: [String]) -> [String] {
        words.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }
}
