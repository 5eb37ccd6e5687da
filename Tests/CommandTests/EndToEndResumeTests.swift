import Foundation
import Testing

/// Answers of a real inference server that were interrupted again and again: by broken sockets and by kill -9.
///
/// The server's model counts, so that a gap or a repeat at a seam shows. LLM4S_TRIALS=25 by hand makes 200 jobs of each
/// way.
@Suite(.serialized, .enabled(if: LlamaCppServer.isAvailable, LlamaCppServer.absence))
struct EndToEndResumeTests {
    /// How the server is spoken to and gone on with.
    struct Way: Sendable, CustomStringConvertible {
        /// Whether through Messages; else through chat.
        var isMessages: Bool
        var resume: String

        var description: String { "\(isMessages ? "Messages" : "chat"), --resume \(resume)" }
        /// The strategy by which interrupted answers must go on.
        var strategy: String { resume == "auto" ? "replay" : resume }
    }

    static let ways = [
        Way(isMessages: false, resume: "auto"), Way(isMessages: false, resume: "prefill"),
        Way(isMessages: true, resume: "auto"), Way(isMessages: true, resume: "prefill"),
    ]

    @Test(arguments: ways)
    func answersGoOnWithoutAGapOrARepeatHoweverOftenTheyBreak(way: Way) async throws {
        var chance = Chance(seed: Project.seed)
        let server = try await LlamaCppServer()
        let jobs = 8 * Project.trials
        // Some three cuts a job, each somewhere in an answer of up to half a megabyte.
        let cuts = (0..<3 * jobs).map { _ in
            Int.random(in: 2_000...(way.isMessages ? 150_000 : 300_000), using: &chance)
        }
        let proxy = try await CuttingProxy.start(upstreamPort: server.port, cuts: cuts)
        let directory = try TemporaryDirectory()
        let lengths = (0..<jobs).map { _ in Int.random(in: 300...2_000, using: &chance) }
        let file = try directory.writeJobs(
            lengths.enumerated().map { number, length in
                #"{"id":"j\#(number)","model":"lab/\#(LlamaCppServer.model)","metadata":{"length":\#(length)},"#
                    + #""messages":[{"role":"user","content":"count all, \#(number)"}],"#
                    + #""options":{"temperature":0,"max_tokens":\#(length)}}"#
            })
        try configuration(way, port: proxy.port).write(
            toFile: directory.path("llm4s-batch.json"), atomically: true, encoding: .utf8)
        let arguments = [
            "run", file, "--concurrency", "4", "--resume", way.resume, "--max-attempts", "20", "--config",
            directory.path("llm4s-batch.json"),
        ]
        let environment = ["LAB_KEY": LlamaCppServer.key]
        let database = directory.path("jobs.db")
        for _ in 1...3 {
            let process = try BatchProcess(arguments, environment: environment)
            let known = SQLite.currentNumber(database, "SELECT count(*) FROM chunks")
            let target = known + Int.random(in: 200...3_000, using: &chance)
            try await process.wait { SQLite.currentNumber(database, "SELECT count(*) FROM chunks") >= target }
            process.send(SIGKILL)
            _ = await process.ended()
        }
        let ended = try await BatchProcess(arguments, environment: environment).ended()
        #expect(ended.status == 0, "\(way), seed \(Project.seed): \(ended.error)")
        try Answers.expectWhole(database, jobs: jobs)
        try await expectUninterrupted(database, way, server, lengths)
        let used = try SQLite.rows(
            database,
            """
            SELECT resume_strategy, count(*), sum(chunk_count > 0) FROM attempts WHERE resume_strategy IS NOT NULL
            GROUP BY 1 ORDER BY 1
            """)
        print("\(way): \(jobs) jobs, attempts by strategy, and those that brought something: \(used)")
        let empty = try SQLite.rows(
            database,
            """
            SELECT http_status, error_kind, error, count(*) FROM attempts
            WHERE resume_strategy = 'replay' AND status <> 'completed' AND chunk_count = 0 GROUP BY 1, 2, 3
            """)
        print("\(way): replays that brought nothing: \(empty)")
        #expect(
            try SQLite.number(database, "SELECT count(*) FROM attempts WHERE resume_strategy = '\(way.strategy)'") > 0,
            "nothing was interrupted")
        await proxy.stop()
    }

    private func configuration(_ way: Way, port: Int) -> String {
        let dialect = way.isMessages ? "anthropic-messages" : "openai-chat"
        let url = "http://127.0.0.1:\(port)" + (way.isMessages ? "" : "/v1")
        return """
            {"providers": {"lab": {"dialect": "\(dialect)", "base_url": "\(url)", "api_key_env": "LAB_KEY",
                                   "auth": "bearer", "resume": "conversation-replay"}}}
            """
    }

    /// Checks every answer against the uninterrupted one: equal, or begun alike.
    ///
    /// A replayed answer is the same, byte for byte, and no stream that the server keeps is lost. A prefilled one is bounded by what is left of its tokens, which are
    /// counted rather too low, so that it may be some tokens longer.
    private func expectUninterrupted(
        _ database: String, _ way: Way, _ server: LlamaCppServer, _ lengths: [Int]
    ) async throws {
        let whole = try await answer(server, length: 4_000)
        let rows = try SQLite.rows(
            database,
            """
            SELECT custom_id, segments, seams, content FROM completions JOIN jobs USING (job_id)
            """)
        for row in rows {
            let columns = row.split(separator: "|", maxSplits: 3).map(String.init)
            let content = columns[3]
            let exact = try await answer(server, length: lengths[Int(columns[0].dropFirst()) ?? 0])
            let isExact = way.strategy == "replay" || columns[1] == "1"
            let isRight = isExact ? content == exact : content.hasPrefix(exact) && whole.hasPrefix(content)
            #expect(isRight, "\(way), seed \(Project.seed): \(columns[0]) in \(columns[1]) pieces: \(columns[2])")
        }
    }

    private func answer(_ server: LlamaCppServer, length: Int) async throws -> String {
        let answer = try await server.curl(
            "/v1/chat/completions",
            body: """
                {"model":"tiny-counter","temperature":0,"max_tokens":\(length),\
                "messages":[{"role":"user","content":"count all, 0"}]}
                """)
        let message = (answer["choices"] as? [[String: Any]])?.first?["message"] as? [String: Any]
        return try #require(message?["content"] as? String)
    }
}
