import Foundation
import Testing

/// Every dialect against a real inference server: what curl gets for a request is what the tables hold.
@Suite(.serialized, .enabled(if: LlamaCppServer.isAvailable, LlamaCppServer.absence))
struct EndToEndDialectTests {
    /// A way to speak to the server.
    enum Way: String, CaseIterable, Sendable {
        case chat = "openai-chat"
        case responses = "openai-responses"
        case messages = "anthropic-messages"

        var path: String {
            switch self {
            case .chat: "/v1/chat/completions"
            case .responses: "/v1/responses"
            case .messages: "/v1/messages"
            }
        }

        func body(_ prompt: String, maximumTokens: Int) -> String {
            let bound = self == .responses ? "max_output_tokens" : "max_tokens"
            let input =
                self == .responses
                ? #""input":"\#(prompt)""# : #""messages":[{"role":"user","content":"\#(prompt)"}]"#
            return #"{"model":"tiny-counter","temperature":0,"\#(bound)":\#(maximumTokens),\#(input)}"#
        }
    }

    /// Text, thinking, the end of a turn, and the bound of tokens.
    private static let prompts = [
        ("short", 4_000), ("medium", 4_000), ("short", 5), ("think", 60), ("think", 3_000), ("medium and more", 50),
    ]

    @Test(arguments: Way.allCases)
    func theTablesHoldWhatCurlGets(way: Way) async throws {
        let server = try await LlamaCppServer()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs(
            Self.prompts.enumerated().map { number, prompt in
                #"{"id":"j\#(number)","model":"lab/tiny-counter","prompt":"\#(prompt.0)","#
                    + #""options":{"temperature":0,"max_tokens":\#(prompt.1)}}"#
            })
        let ended = try await run(way, file, server, directory)
        #expect(ended.status == 0, "\(ended.error)")
        let database = directory.path("jobs.db")
        try Answers.expectWhole(database, jobs: Self.prompts.count)
        for (number, prompt) in Self.prompts.enumerated() {
            let rows = try SQLite.rows(
                database,
                "SELECT content, coalesce(reasoning, ''), finish_reason, completion_tokens, prompt_tokens, usage_source "
                    + "FROM results WHERE custom_id = 'j\(number)'")
            let answer = try await server.curl(way.path, body: way.body(prompt.0, maximumTokens: prompt.1))
            #expect(rows == [try Self.columns(answer, way)], "\(way) \(prompt)")
        }
    }

    @Test(arguments: Way.allCases)
    func refusalsAreToldInTheServersWords(way: Way) async throws {
        let server = try await LlamaCppServer()
        let directory = try TemporaryDirectory()
        let long = String(repeating: "9 ", count: 9_000)
        let file = try directory.writeJobs([#"{"id":"long","model":"lab/tiny-counter","prompt":"\#(long)"}"#])
        let tooLong = try await run(way, file, server, directory)
        #expect(tooLong.status == 1, "\(tooLong.error)")
        let database = directory.path("jobs.db")
        #expect(try SQLite.rows(database, "SELECT status, error_kind FROM jobs") == ["failed|context_length"])
        let words = "exceeds the available context size"
        let show = try await BatchProcess.run("show", "--db", database, "long")
        #expect(show.output.contains(words))
        let results = try await BatchProcess.run("results", "--db", database)
        #expect(results.output.contains(words))

        let other = try directory.writeJobs([#"{"id":"short","model":"lab/tiny-counter","prompt":"short"}"#])
        let refused = try await run(way, other, server, directory, key: "wrong", database: "refused.db")
        #expect(refused.status == 4, "\(refused.error)")
        #expect(refused.error.contains("Invalid API Key"), "\(refused.error)")
        #expect(try SQLite.rows(directory.path("refused.db"), "SELECT status FROM jobs") == ["pending"])
    }

    private func run(
        _ way: Way, _ file: String, _ server: LlamaCppServer, _ directory: TemporaryDirectory,
        key: String = LlamaCppServer.key, database: String = "jobs.db"
    ) async throws -> BatchProcess.Ended {
        let url = server.baseURL + (way == .messages ? "" : "/v1")
        try """
        {"providers": {"lab": {"dialect": "\(way.rawValue)", "base_url": "\(url)", "api_key_env": "LAB_KEY",
                               "auth": "bearer"}}}
        """.write(toFile: directory.path("llm4s-batch.json"), atomically: true, encoding: .utf8)
        return try await BatchProcess.run(
            "run", file, "--db", directory.path(database), "--config", directory.path("llm4s-batch.json"),
            environment: ["LAB_KEY": key])
    }

    /// What curl's answer tells, as the columns of the query above.
    private static func columns(_ answer: [String: Any], _ way: Way) throws -> String {
        switch way {
        case .chat:
            let choice = try #require((answer["choices"] as? [[String: Any]])?.first)
            let message = try #require(choice["message"] as? [String: Any])
            let usage = try #require(answer["usage"] as? [String: Any])
            return [
                message["content"] as? String ?? "", message["reasoning_content"] as? String ?? "",
                "\(choice["finish_reason"]!)", "\(usage["completion_tokens"]!)", "\(usage["prompt_tokens"]!)",
                "provider",
            ].joined(separator: "|")
        case .messages:
            let blocks = try #require(answer["content"] as? [[String: Any]])
            let usage = try #require(answer["usage"] as? [String: Int])
            let reasons = ["end_turn": "stop", "max_tokens": "length"]
            return [
                blocks.compactMap { $0["text"] as? String }.joined(),
                blocks.compactMap { $0["thinking"] as? String }.joined(),
                reasons[answer["stop_reason"] as? String ?? ""] ?? "", "\(usage["output_tokens"]!)",
                "\(usage["input_tokens"]! + (usage["cache_read_input_tokens"] ?? 0))", "provider",
            ].joined(separator: "|")
        case .responses:
            let items = try #require(answer["output"] as? [[String: Any]])
            let usage = try #require(answer["usage"] as? [String: Any])
            let parts = { (type: String) in
                items.flatMap { $0["content"] as? [[String: Any]] ?? [] }.filter { $0["type"] as? String == type }
                    .compactMap { $0["text"] as? String }.joined()
            }
            // This server calls a run that its bound cut completed too (Provider facts, "Servers of others").
            return [
                parts("output_text"), parts("reasoning_text"), "stop", "\(usage["output_tokens"]!)",
                "\(usage["input_tokens"]!)", "provider",
            ].joined(separator: "|")
        }
    }
}
