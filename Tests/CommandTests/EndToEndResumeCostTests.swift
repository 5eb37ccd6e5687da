import Foundation
import MockProvider
import Testing

/// What interrupted answers cost: a row of the README's measurements.
@Suite struct EndToEndResumeCostTests {
    /// Answers of a run, at each rate of interruptions; all of 200 tokens.
    private static let answers = 100
    private static let tokens = 200

    /// Output tokens paid, as the mock counts them, over those of a run without interruptions.
    @Test func goingOnPaysForWhatIsMissingOnly() async throws {
        let ways = [
            ("replay", #""resume": "conversation-replay""#), ("prefill", #""resume": "continue_final_message""#),
            ("continue", #""resume": "none""#), ("restart", #""resume": "none""#),
        ]
        var lines = ["| interruptions in 100 answers | 1 | 5 | 20 |", "| --- | --- | --- | --- |"]
        for (strategy, provider) in ways {
            var ratios: [Double] = []
            for interruptions in [1, 5, 20] {
                ratios.append(try await ratio(strategy, provider, interruptions))
            }
            if strategy == "replay" || strategy == "prefill" {
                #expect(ratios[1] < 1.1, "\(strategy), seed \(Project.seed)")
            }
            lines.append("| \(strategy) | " + ratios.map { String(format: "%.3f", $0) }.joined(separator: " | ") + " |")
        }
        print(lines.joined(separator: "\n"))
    }

    private func ratio(_ strategy: String, _ provider: String, _ interruptions: Int) async throws -> Double {
        var chance = Chance(seed: Project.seed)
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        configuration.recordsResponses = true
        let server = try await MockServer.start(configuration)
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs(
            (0..<Self.answers).map { number in
                let place = Int.random(in: 1..<Self.tokens, using: &chance)
                let fault = number < interruptions ? "+cutchunk=\(place)+times=1" : ""
                return #"{"id":"j\#(number)","model":"lab/count-\#(Self.tokens)\#(fault)","#
                    + #""messages":[{"role":"user","content":"job \#(number)"}]}"#
            })
        try #"{"providers": {"lab": {"base_url": "\#(server.baseURL)", \#(provider)}}}"#.write(
            toFile: directory.path("llm4s-batch.json"), atomically: true, encoding: .utf8)
        let policy = strategy == "continue" || strategy == "restart" ? strategy : "auto"
        let ended = try await BatchProcess.run(
            "run", file, "--resume", policy, "--config", directory.path("llm4s-batch.json"))
        #expect(ended.status == 0, "\(ended.error)")
        let database = directory.path("jobs.db")
        #expect(
            try SQLite.number(database, "SELECT count(*) FROM attempts WHERE resume_strategy = '\(strategy)'")
                >= interruptions)
        #expect(
            try SQLite.number(
                database, "SELECT count(*) FROM completions WHERE content = '\(Answers.counting(to: Self.tokens))'")
                == Self.answers)
        await server.stop()
        let paid = server.requests.reduce(0) { $0 + ($1.response?.billedOutputTokens ?? 0) }
        return Double(paid) / Double(Self.answers * Self.tokens)
    }
}
