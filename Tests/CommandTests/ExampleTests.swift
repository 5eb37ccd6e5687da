import Foundation
import MockProvider
import Testing

/// The examples as their readers run them: what they print is what their first lines promise.
struct ExampleTests {
    /// Runs an example against a mock of its own.
    private func run(
        _ example: String, _ model: String, arguments: [String] = [], directory: URL? = nil
    ) async throws -> (ended: BatchProcess.Ended, requests: Int) {
        let server = try await MockServer.start()
        let process = try BatchProcess(
            arguments, environment: ["LLM_MODEL": "mock/\(model)", "MOCK_BASE_URL": server.baseURL],
            directory: directory, program: BatchProcess.example(example))
        let ended = await process.ended()
        let requests = server.statistics.requests
        await server.stop()
        return (ended, requests)
    }

    private static func counted(to last: Int) -> String { (1...last).map(String.init).joined(separator: " ") }

    @Test func basicStreamingPrintsTheAnswerAndItsTokens() async throws {
        let (ended, requests) = try await run("BasicStreaming", "count-10")
        #expect(ended.status == 0, "\(ended.error)")
        #expect(ended.output == Self.counted(to: 10) + "\nstop, 10 tokens\n")
        #expect(requests == 1)
    }

    /// The README's ten lines as they stand, without what they need: the last line says what to set.
    @Test func basicStreamingSaysWhatToSet() async throws {
        let program = BatchProcess.example("BasicStreaming")
        let nothing = await (try BatchProcess([], program: program)).ended()
        #expect(nothing.status != 0 && nothing.error.contains("set LLM_MODEL, as in LLM_MODEL=openai/"), "\(nothing)")
        let keyless = await (try BatchProcess([], environment: ["LLM_MODEL": "openai/gpt-6-luna"], program: program))
            .ended()
        #expect(keyless.status != 0 && keyless.error.contains("set OPENAI_API_KEY"), "\(keyless)")
    }

    @Test func progressCountsTokensUpToTheProvidersFigure() async throws {
        let (ended, _) = try await run("StreamingProgress", "count-200")
        #expect(ended.status == 0, "\(ended.error)")
        let lines = ended.output.split(separator: "\n")
        #expect(lines.first.map(String.init) == Self.counted(to: 200))
        #expect(try #require(lines.last).wholeMatch(of: #/[1-9]\d* tokens in, 200 out/#) != nil)
        let steps = ended.error.matches(of: #/\r(\d+) tokens, \d+ a second/#).compactMap { Int($0.1) }
        #expect(steps.count > 200 && steps == steps.sorted() && steps.last == 200)
        #expect(ended.error.hasPrefix("asking …"))
    }

    @Test func progressTellsOfAnErrorOnce() async throws {
        let (ended, _) = try await run("StreamingProgress", "count-200+cutchunk=middle")
        #expect(ended.status == 1)
        #expect(ended.output.isEmpty)
        #expect(ended.error.split(separator: "no answer: cut").count == 2, "\(ended.error)")
    }

    @Test func errorRecoveryAsksAgainUntilTheAnswerIsWhole() async throws {
        let (ended, requests) = try await run("ErrorRecovery", "count-50+cutchunk=middle+times=2")
        #expect(ended.status == 0, "\(ended.error)")
        let lines = ended.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 3 && lines.last == Self.counted(to: 50), "\(ended.output)")
        for (number, line) in lines.dropLast().enumerated() {
            #expect(line.wholeMatch(of: #/attempt \d: cut, [1-9]\d* words came/#) != nil, "\(line)")
            #expect(line.hasPrefix("attempt \(number + 1):"))
        }
        #expect(requests == 3)
    }

    @Test(arguments: [
        ("status=401", 1, "attempt 1: auth, 0 words came\nno answer (auth): check the key\n"),
        ("status=404", 1, "attempt 1: not_found, 0 words came\nno answer (not_found): check the model's name\n"),
        (
            "status=503+retryafterms=1", 5,
            (1...5).map { "attempt \($0): overloaded, 0 words came\n" }.joined()
                + "no answer (overloaded): try again later\n"
        ),
    ])
    func errorRecoveryGivesUpWhereNothingHelps(fault: String, requests: Int, output: String) async throws {
        let (ended, sent) = try await run("ErrorRecovery", "count-50+\(fault)")
        #expect(ended.status == 1)
        #expect(ended.output == output)
        #expect(sent == requests)
    }

    @Test func errorRecoverySaysWhatIsNotSetUp() async throws {
        let process = try BatchProcess(
            [], environment: ["LLM_MODEL": "openai/gpt-5-mini"], program: BatchProcess.example("ErrorRecovery"))
        let ended = await process.ended()
        #expect(ended.status == 2)
        #expect(ended.output.contains("set OPENAI_API_KEY"))
    }

    @Test func anAccumulatorBuildsACompleteResponse() async throws {
        let (ended, _) = try await run("AnswerAccumulation", "assistant+reasoning+words=7")
        #expect(ended.status == 0, "\(ended.error)")
        let lines = ended.output.split(separator: "\n").map(String.init)
        try #require(lines.count == 5, "\(ended.output)")
        #expect(lines[0] == "came in pieces, finished: true")
        #expect(lines[1].wholeMatch(of: #/thought [1-9]\d* words/#) != nil)
        #expect(lines[2].split(separator: " ").count == 8)
        #expect(lines[3] == "ended by stop")
        #expect(lines[4] == "next: user, assistant")
    }

    @Test func anAccumulatorBuildsAToolCall() async throws {
        let (ended, _) = try await run("AnswerAccumulation", "assistant+tool")
        #expect(ended.status == 0, "\(ended.error)")
        let lines = ended.output.split(separator: "\n").map(String.init)
        let call = try #require(lines.first { $0.hasPrefix("calls ") })
        #expect(call.hasPrefix(#"calls get_weather({"city":"#), "\(call)")
        #expect(lines.contains("ended by tool_calls"))
        #expect(lines.last == "next: user, assistant, tool")
    }

    @Test func halfAnAnswerIsNoCompletion() async throws {
        let (ended, _) = try await run("AnswerAccumulation", "assistant+words=50+end=middle")
        #expect(ended.status != 0)
        #expect(!ended.output.contains("ended by"))
    }

    @Test func theEmbeddedRunnerDoesOnlyWhatIsLeft() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([
            #"{"id":"a","model":"mock/count-10","prompt":"x"}"#,
            #"{"id":"b","model":"mock/count-60+cutchunk=middle+times=1","prompt":"x"}"#,
            #"{"id":"c","model":"mock/count-5+status=400","prompt":"x"}"#, #"{"id":"d","prompt":"x"}"#,
        ])
        let database = directory.path("answers.db")
        let (first, sent) = try await run("EmbeddedRunner", "-", arguments: [file, database])
        #expect(first.status == 0, "\(first.output)\(first.error)")
        let lines = first.output.split(separator: "\n").map(String.init)
        #expect(lines.contains("again: b: cut") && lines.contains { $0.hasPrefix("done: b, ") })
        #expect(lines.contains("failed: c: invalid_request"))
        #expect(lines.contains("a: 10 words, 1 segments"))
        #expect(lines.contains { $0.hasPrefix("b: 60 words, ") })
        #expect(lines.last == "3 completed, 1 failed, 0 left, \(sent) sent")
        #expect(sent == 5)
        // Its database is the program's own.
        #expect(try SQLite.number(database, "SELECT count(*) FROM completions") == 3)
        let (second, again) = try await run("EmbeddedRunner", "-", arguments: [file, database])
        #expect(second.output.hasSuffix("3 completed, 1 failed, 0 left, 0 sent\n"), "\(second.output)")
        #expect(again == 0)
    }

    @Test func theEmbeddedRunnerSendsNothingWhereALineIsWrong() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([#"{"id":"a","prompt":"x"}"#, #"{"id":"b","prmopt":"x"}"#])
        let (ended, requests) = try await run("EmbeddedRunner", "-", arguments: [file, directory.path("answers.db")])
        #expect(ended.status == 2)
        #expect(ended.output.contains("prompt"), "\(ended.output)")
        #expect(requests == 0)
        #expect(!FileManager.default.fileExists(atPath: directory.path("answers.db")))
    }
}
