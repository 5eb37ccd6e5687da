import Foundation
import LLMStreaming
import Testing

/// The forms of `results`.
@Suite struct EndToEndExportTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private static let tools =
        #"[{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{}}}}]"#

    private static func job(_ id: String, _ model: String, _ options: String = "{}") -> String {
        #"{"id":"\#(id)","model":"mock/\#(model)","prompt":"\#(id)","options":\#(options),"metadata":{"set":"a, \"b\""}}"#
    }

    /// Answers of every kind, and jobs that failed in every way.
    private static let jobs = [
        job("text", "count-3"), job("two", "count-4", #"{"n":2}"#), job("tool", "tool", #"{"tools":\#(tools)}"#),
        job("thought", "reasoning+words=4"), job("refused", "refusal"), job("filtered", "filter"),
        job("short", "words=40", #"{"max_tokens":5}"#), job("uncounted", "count-2+nousage"),
        job("bad", "status=400+code=bad_things+message=Not so"), job("cut", "count-9+cutchunk=4"),
    ]

    private func run(_ jobs: [String] = jobs) async throws {
        let file = try directory.writeJobs(jobs)
        let ended = try await BatchProcess.run("run", file, "--max-attempts", "1")
        #expect(ended.status == 1, "\(ended.error)")
    }

    private func results(_ format: String, _ options: String...) async throws -> String {
        let ended = try await BatchProcess(["results", "--db", database, "--format", format] + options).ended()
        #expect(ended.status == 0, "\(ended.error)")
        return ended.output
    }

    private func lines(_ format: String, _ options: String...) async throws -> [String: JSON] {
        let ended = try await BatchProcess(["results", "--db", database, "--format", format] + options).ended()
        #expect(ended.status == 0, "\(ended.error)")
        let lines = try ended.output.split(separator: "\n").map { try JSONParser.parse(String($0)) }
        return Dictionary(lines.map { ($0["custom_id"]?.string ?? "", $0) }) { first, _ in first }
    }

    @Test func openAIBatchLinesHoldWholeCompletionsAndTheErrors() async throws {
        try await run()
        let lines = try await lines("openai-batch")
        #expect(lines.count == Self.jobs.count)
        func choice(_ id: String, _ index: Int = 0) -> JSON? {
            lines[id]?["response"]?["body"]?["choices"]?.array?[index]
        }
        #expect(lines["text"]?["response"]?["status_code"] == 200)
        #expect(lines["text"]?["error"] == .null)
        #expect(lines["text"]?["response"]?["body"]?["object"] == "chat.completion")
        #expect(choice("text")?["message"]?["content"] == "1 2 3")
        #expect(choice("text")?["finish_reason"] == "stop")
        #expect((lines["text"]?["response"]?["body"]?["usage"]?["completion_tokens"]?.int ?? 0) > 0)
        #expect(choice("two", 1)?["index"] == 1)
        #expect(choice("two", 1)?["message"]?["content"]?.string?.isEmpty == false)
        #expect(choice("tool")?["message"]?["tool_calls"]?.array?.first?["function"]?["name"] == "weather")
        #expect(choice("tool")?["finish_reason"] == "tool_calls")
        #expect(choice("thought")?["message"]?["reasoning_content"]?.string?.isEmpty == false)
        #expect(choice("refused")?["message"]?["refusal"]?.string?.isEmpty == false)
        #expect(choice("filtered")?["finish_reason"] == "content_filter")
        #expect(choice("short")?["finish_reason"] == "length")
        #expect(lines["uncounted"]?["response"]?["body"]?["usage"] == nil)
        #expect(lines["bad"]?["response"]?["status_code"] == 400)
        #expect(lines["bad"]?["response"]?["body"]?["error"]?["message"] == "Not so")
        #expect(lines["bad"]?["response"]?["body"]?["error"]?["code"] == "bad_things")
        #expect(lines["cut"]?["response"] == .null)
        #expect(lines["cut"]?["error"]?["code"] == "cut")
    }

    @Test func anthropicBatchLinesHoldWholeMessagesAndTheErrors() async throws {
        let single = Self.jobs.filter { !$0.contains(#""two""#) }
        try await run(single)
        let lines = try await lines("anthropic-batch")
        #expect(lines.count == single.count)
        func message(_ id: String) -> JSON? { lines[id]?["result"]?["message"] }
        #expect(message("text")?["content"] == [["type": "text", "text": "1 2 3"]])
        #expect(message("text")?["stop_reason"] == "end_turn")
        #expect((message("text")?["usage"]?["output_tokens"]?.int ?? 0) > 0)
        #expect(message("tool")?["content"]?.array?.last?["type"] == "tool_use")
        #expect(message("tool")?["content"]?.array?.last?["input"]?.object != nil)
        #expect(message("tool")?["stop_reason"] == "tool_use")
        #expect(message("thought")?["content"]?.array?.first?["type"] == "thinking")
        #expect(message("refused")?["content"]?.array?.first?["text"]?.string?.isEmpty == false)
        #expect(message("short")?["stop_reason"] == "max_tokens")
        #expect(lines["bad"]?["result"]?["type"] == "errored")
        #expect(lines["bad"]?["result"]?["error"]?["error"]?["type"] == "invalid_request_error")
        #expect(lines["cut"]?["result"]?["error"]?["error"]?["type"] == "api_error")
    }

    @Test func aMessageCannotHoldSeveralAnswersAndTheFileBeforeStays() async throws {
        try await run()
        let output = try directory.write("before", to: "out.jsonl")
        let ended = try await BatchProcess.run(
            "results", "--db", database, "--format", "anthropic-batch", "-o", output)
        #expect(ended.status == 2 && ended.error.contains("job two has 2 answers"), "\(ended.error)")
        #expect(try String(contentsOfFile: output, encoding: .utf8) == "before")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.url.path)
        #expect(!names.contains { $0.hasSuffix(".tmp") })
    }

    @Test(
        .enabled("openai and anthropic cannot be installed for Python") {
            await OfficialPythonSDKs.interpreter() != nil
        })
    func theOfficialPythonPackagesAcceptEveryLine() async throws {
        try await run()
        let output = directory.path("openai.jsonl")
        _ = try await results("openai-batch", "-o", output)
        #expect(try await OfficialPythonSDKs.objections(to: output, format: "openai-batch") == nil)
        _ = try await results("openai-batch", "-o", output, "--status", "pending", "--status", "failed")
        #expect(try await OfficialPythonSDKs.objections(to: output, format: "openai-batch") == nil)

        let single = Self.jobs.filter { !$0.contains(#""two""#) }
        let file = try directory.writeJobs(single, to: "single.jsonl")
        _ = try await BatchProcess.run("run", file, "--max-attempts", "1")
        let messages = directory.path("anthropic.jsonl")
        let ended = try await BatchProcess.run(
            "results", "--db", directory.path("single.db"), "--format", "anthropic-batch", "-o", messages)
        #expect(ended.status == 0, "\(ended.error)")
        #expect(try await OfficialPythonSDKs.objections(to: messages, format: "anthropic-batch") == nil)
        #expect(try await OfficialPythonSDKs.objections(to: messages, format: "openai-batch") != nil)
        #expect(try await OfficialPythonSDKs.objections(to: output, format: "anthropic-batch") != nil)
    }

    @Test func tablesQuoteWhatWouldEndAField() async throws {
        try await run()
        let rows = try CSV.rows(try await results("csv"))
        let head = try #require(rows.first)
        #expect(rows.allSatisfy { $0.count == head.count })
        let records = rows.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(head, $0)) }
        #expect(
            records.map { $0["id"] } == ["text", "two", "two"] + [
                "tool", "thought", "refused", "filtered", "short",
                "uncounted", "bad", "cut",
            ])
        #expect(records[0]["content"] == "1 2 3" && records[0]["status"] == "completed")
        #expect(records[0]["metadata"] == #"{"set":"a, \"b\""}"#)
        #expect(records[2]["choice"] == "1")
        #expect(records[3]["tool_calls"]?.contains(#""name":"weather""#) == true)
        #expect(records[9]["error"] == "Not so" && records[9]["http_status"] == "400")
        #expect(records[10]["error_kind"] == "cut" && records[10]["content"]?.hasPrefix("1 2") == true)
    }

    @Test func textShowsContentsUnderTheirIDs() async throws {
        try await run([
            Self.job("a", "count-3"), Self.job("two", "count-1", #"{"n":2}"#), Self.job("bad", "status=413"),
        ])
        let text = try await results("text")
        #expect(text.hasPrefix("==> a <==\n1 2 3\n\n==> two · answer 0 <==\n1\n\n==> two · answer 1 <==\n"), "\(text)")
        #expect(text.contains("==> bad · failed <==\ninvalid_request: "), "\(text)")
    }

    @Test func interruptedJobsComeWithTheirPartialTexts() async throws {
        let server = try await MockProcess()
        let file = try directory.writeJobs([Self.job("long", "count-100000+pace=20ms")])
        let process = try BatchProcess(["run", file, "--base-url", server.baseURL, "--drain-timeout", "0s"])
        try await process.wait { SQLite.currentNumber(database, "SELECT count(*) FROM chunks WHERE kind = 'text'") > 3 }
        process.send(SIGTERM)
        _ = await process.ended()
        let kept = try SQLite.rows(database, "SELECT text FROM partials")
        #expect(kept.first?.hasPrefix("1 2 3 4") == true)
        let line = try await results("jsonl", "--status", "interrupted")
        #expect(try JSONParser.parse(line)["partial"]?.string == kept.first)
        #expect(try await results("text", "--status", "interrupted").contains("==> long · interrupted <==\n1 2 3 4"))
        #expect(try CSV.rows(try await results("csv", "--status", "interrupted"))[1].contains(kept[0]))
        #expect(
            try await lines("openai-batch", "--status", "interrupted")["long"]?["error"]?["code"] == "batch_expired")
        #expect(try await lines("anthropic-batch", "--status", "interrupted")["long"]?["result"]?["type"] == "expired")
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "no Python for a terminal"))
    func controlCharactersReachAFileAsTheyAreAndATerminalNever() async throws {
        try await run([Self.job("esc\\u001b[31m\\u009b", "status=400+message=b%E2%80%AEc")])
        let terminal = ["/usr/bin/python3", "-c", "import pty, sys; pty.spawn(sys.argv[1:])"]
        for format in ["jsonl", "openai-batch", "anthropic-batch", "csv", "text"] {
            let arguments = ["results", "--db", database, "--format", format]
            let shown = try await BatchProcess(arguments, launcher: terminal).ended().output
            #expect(!shown.isEmpty)
            #expect(!shown.unicodeScalars.contains { ["\u{1B}", "\u{9B}", "\u{202E}"].contains($0) }, "\(shown)")
            let piped = try await BatchProcess(arguments).ended().output
            #expect(piped.unicodeScalars.contains("\u{202E}"))
            if format == "jsonl" { #expect(try JSONParser.parse(shown) == JSONParser.parse(piped)) }
        }
    }
}
