import Foundation
import LLMStreaming
import Testing

/// Batch files of every provider go through the mock in their own dialect and come out in the providers' own form.
@Suite struct EndToEndBatchFileTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Runs a sample file on the mock and returns the lines of its results.
    private func results(of sample: String, format: String) async throws -> (lines: [JSON], file: String) {
        let jobs = Project.root.appending(path: "jobs/\(sample)").path
        let database = directory.path("\(sample).db")
        let run = try await BatchProcess.run("run", jobs, "--provider", "mock", "--db", database)
        #expect(run.status == 0, "\(run.error)")
        let file = directory.path("\(sample).out")
        let results = try await BatchProcess.run("results", "--db", database, "--format", format, "-o", file)
        #expect(results.status == 0, "\(results.error)")
        let text = try String(contentsOfFile: file, encoding: .utf8)
        return (try text.split(separator: "\n").map { try JSONParser.parse(String($0)) }, file)
    }

    @Test(arguments: [
        ("openai-batch.jsonl", ["chat.completion"]), ("openai-responses-batch.jsonl", ["response"]),
        ("azure-batch.jsonl", ["chat.completion", "chat.completion", "response"]),
        ("vllm-batch.jsonl", ["chat.completion"]), ("mistral-batch.jsonl", ["chat.completion"]),
        ("anthropic-batch.jsonl", ["chat.completion"]),
    ])
    func comesOutAsOpenAIsOutput(sample: String, objects: [String]) async throws {
        let (lines, file) = try await results(of: sample, format: "openai-batch")
        #expect(lines.count > 1)
        for (number, line) in lines.enumerated() {
            let body = try #require(line["response"]?["body"], "\(line.text)")
            let object = objects.count == 1 ? objects[0] : objects[number]
            #expect(body["object"]?.string == object)
            #expect(body["usage"]?["total_tokens"]?.int ?? 0 > 0)
            let answer = object == "response" ? body["output"] : body["choices"]
            #expect(answer?.array?.isEmpty == false)
        }
        guard await OfficialPythonSDKs.interpreter() != nil else { return OfficialPythonSDKs.tellSkipped() }
        #expect(try await OfficialPythonSDKs.objections(to: file, format: "openai-batch") == nil)
    }

    @Test(arguments: ["anthropic-batch.jsonl", "anthropic-document.json", "openai-responses-batch.jsonl"])
    func comesOutAsAnthropicsResults(sample: String) async throws {
        let (lines, file) = try await results(of: sample, format: "anthropic-batch")
        #expect(lines.count > 1)
        for line in lines {
            let message = try #require(line["result"]?["message"], "\(line.text)")
            #expect(message["content"]?.array?.isEmpty == false)
            #expect(message["usage"]?["output_tokens"]?.int ?? 0 > 0)
        }
        guard await OfficialPythonSDKs.interpreter() != nil else { return OfficialPythonSDKs.tellSkipped() }
        #expect(try await OfficialPythonSDKs.objections(to: file, format: "anthropic-batch") == nil)
    }

    @Test func aResponseThatCallsToolsThinksOrIsCutShortKeepsItsItems() async throws {
        let tools =
            #"[{"type":"function","name":"weather","parameters":{"type":"object","properties":{}},"strict":false}]"#
        func line(_ id: String, _ model: String, _ more: String = "") -> String {
            #"{"custom_id":"\#(id)","method":"POST","url":"/v1/responses","body":{"model":"\#(model)","input":"x"\#(more)}}"#
        }
        let file = try directory.writeJobs([
            line("tool", "tool", #","tools":\#(tools)"#), line("thought", "reasoning+words=4"),
            line("short", "words=60", #","max_output_tokens":16"#), line("refused", "refusal"),
            line("bare", "count-3+noeventnames+nosequence+done"),
        ])
        let run = try await BatchProcess.run("run", file, "--provider", "mock")
        #expect(run.status == 0, "\(run.error)")
        let output = directory.path("out.jsonl")
        let database = directory.path("jobs.db")
        _ = try await BatchProcess.run("results", "--db", database, "--format", "openai-batch", "-o", output)
        let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
            .map { try JSONParser.parse(String($0)) }
        let bodies = Dictionary(
            uniqueKeysWithValues: lines.map { ($0["custom_id"]?.string ?? "", $0["response"]?["body"]) })
        func types(_ id: String) -> [String?] { (bodies[id]??["output"]?.array ?? []).map { $0["type"]?.string } }
        #expect(types("tool").contains("function_call"))
        #expect(types("thought").contains("reasoning") && types("thought").contains("message"))
        #expect(bodies["short"]??["status"] == "incomplete")
        #expect(bodies["short"]??["incomplete_details"]?["reason"] == "max_output_tokens")
        #expect(bodies["bare"]??["output"]?.array?.last?["content"]?.array?.first?["text"] == "1 2 3")
        guard await OfficialPythonSDKs.interpreter() != nil else { return OfficialPythonSDKs.tellSkipped() }
        #expect(try await OfficialPythonSDKs.objections(to: output, format: "openai-batch") == nil)
    }

    @Test func aMistralFileTakesItsModelFromTheOption() async throws {
        let file = try directory.writeJobs([
            #"{"custom_id":"0","body":{"messages":[{"role":"user","content":"x"}]}}"#,
            #"{"custom_id":"1","body":{"messages":[{"role":"user","content":"y"}],"stream":false}}"#,
        ])
        let run = try await BatchProcess.run("run", file, "--model", "mock/count-3")
        #expect(run.status == 0, "\(run.error)")
        #expect(
            try SQLite.rows(directory.path("jobs.db"), "SELECT custom_id, content FROM results ORDER BY 1")
                == ["0|1 2 3", "1|1 2 3"])
    }

    @Test func aBadRequestOfADocumentIsNamedByItsNumberAndNothingIsSent() async throws {
        let file = try directory.write(
            #"{"requests":[{"custom_id":"a","params":{"model":"m","max_tokens":9,"messages":[]}}]}"#, to: "batch.json")
        let run = try await BatchProcess.run("run", file, "--provider", "mock")
        #expect(run.status == 2 && run.error.contains("batch.json: request 1: 'messages' in params is empty"))
        #expect(!FileManager.default.fileExists(atPath: directory.path("batch.db")))
    }
}
