import Foundation
import MockProvider
import Testing

/// No number of a file, a flag, a server or a database stops the process.
@Suite(.serialized)
struct EndToEndNumberTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private func run(_ arguments: [String]) async throws -> BatchProcess.Ended {
        try await BatchProcess(arguments, directory: directory.url).ended()
    }

    @Test(arguments: [".", "..", "/", "./", "a.jsonl/."])
    func aFolderIsNoJobFile(path: String) async throws {
        _ = try directory.writeJobs([])
        let ended = try await run(["run", path])
        #expect(ended.status == 2, "\(ended.error)")
        #expect(ended.error.contains(path))
    }

    @Test func aBudgetBeyondBeliefIsAFault() async throws {
        let options = #""options":{"reasoning_budget_tokens":9223372036854775807}"#
        let file = try directory.writeJobs([
            #"{"id":"a","model":"anthropic/claude-sonnet-4-5","prompt":"x",\#(options)}"#
        ])
        let ended = try await run(["validate", file])
        #expect(ended.status == 2)
        #expect(ended.error.contains("'reasoning_budget_tokens' in options must be a whole number of at most"))
    }

    @Test(arguments: [
        ["--max-line-bytes", "9223372036854775807"], ["--max-cost", "inf"], ["--rpm", "9223372036854775807"],
    ])
    func aFlagAtTheEndOfItsRangeIsRefused(flag: [String]) async throws {
        let file = try directory.writeJobs([#"{"model":"mock/m","prompt":"x"}"#])
        #expect(try await run(["run", file] + flag).status == 2)
    }

    /// What is stored of it can be read for ever, also where an earlier version stored it as it came.
    @Test func aCostBeyondAllNumbersIsNotKnown() async throws {
        let chunk = #"{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}"#
        let usage = #""usage":{"prompt_tokens":1000000000000,"completion_tokens":1000000000000,"cost":1e999}"#
        let body = "data: \(chunk)\n\ndata: {\"choices\":[],\(usage)}\n\ndata: [DONE]\n\n"
        var configuration = MockConfiguration()
        configuration.recording = Array(body.utf8)
        let server = try await MockServer.start(configuration)
        let file = try directory.writeJobs([#"{"id":"a","model":"mock/m","prompt":"x"}"#])
        let ended = try await run(["run", file, "--base-url", server.baseURL])
        await server.stop()
        #expect(ended.status == 0, "\(ended.error)")
        for script in ["SELECT 1", "UPDATE attempts SET cost_usd = 9e999; UPDATE completions SET cost_usd = 9e999"] {
            try SQLite.write(database, script)
            for arguments in [["status", "--json"], ["stats", "--json"], ["show", "a", "--json"], ["results"]] {
                let read = try await run(arguments + ["--db", database])
                #expect(read.status == 0, "\(arguments): \(read.error)")
                #expect(try JSONSerialization.jsonObject(with: Data(read.output.utf8)) is [String: Any])
            }
            let status = try await run(["status", "--json", "--db", database])
            let object = try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any]
            #expect(object?["cost_usd"] is NSNull)
        }
    }
}
