import Foundation
import LLMStreaming
import Testing

/// `--progress json`: whatever ends the program, each line of standard error is an object that a program can read.
@Suite struct EndToEndMessageTests {
    /// How a run ends before it begins.
    struct Ending: Sendable, CustomTestStringConvertible {
        var name: String
        var arguments: [String]
        var status: Int32 = 2
        var level = "error"
        /// What its last message says.
        var words: String

        var testDescription: String { name }
    }

    static let endings = [
        Ending(name: "no such option", arguments: ["run", "JOBS", "--max-job", "1"], words: "--max-jobs"),
        Ending(name: "no number", arguments: ["run", "JOBS", "--max-jobs", "some"], words: "some"),
        Ending(name: "out of bounds", arguments: ["resume", "--db", "none.db", "--max-attempts", "0"], words: "not 0"),
        Ending(name: "no file named", arguments: ["run"], words: "Usage: "),
        Ending(name: "no such configuration", arguments: ["run", "JOBS", "--config", "no.json"], words: "no.json"),
        Ending(name: "a key unknown", arguments: ["run", "JOBS", "--config", "bad.json"], words: "modle"),
        Ending(name: "several files", arguments: ["run", "JOBS", "JOBS"], words: "several files need --db"),
        Ending(name: "no such file", arguments: ["run", "no.jsonl"], words: "no.jsonl"),
        Ending(name: "a bad line", arguments: ["run", "BAD"], words: "nothing was sent"),
        Ending(name: "no key", arguments: ["run", "JOBS", "--provider", "groq"], words: "GROQ_API_KEY"),
        Ending(name: "no prices", arguments: ["run", "JOBS", "--prices", "no.json"], words: "no.json"),
        Ending(name: "no database", arguments: ["run", "JOBS", "--db", "JOBS"], status: 3, words: "jobs.jsonl"),
        Ending(name: "nothing to resume", arguments: ["resume", "--db", "no.db"], status: 3, words: "no.db"),
        Ending(name: "nothing to retry", arguments: ["retry", "--db", "no.db"], status: 3, words: "no.db"),
        Ending(
            name: "a dry run", arguments: ["run", "JOBS", "--dry-run", "--log-level", "error"], status: 0,
            level: "info", words: "1 job"),
    ]

    @Test(arguments: endings, ["--progress json", "--progress=json", "in the configuration"])
    func eachLineIsAnObject(ending: Ending, asked: String) async throws {
        let directory = try TemporaryDirectory()
        let good = try directory.writeJobs([
            #"{"id":"a","url":"/v1/chat/completions","body":{"model":"count-3","messages":[{"role":"user","content":"x"}]}}"#
        ])
        let bad = try directory.write("{\"id\":1}\n[\n", to: "bad.jsonl")
        _ = try directory.write(#"{"modle": 1}"#, to: "bad.json")
        var arguments = ending.arguments.map { $0 == "JOBS" ? good : $0 == "BAD" ? bad : $0 }
        if !arguments.contains("--provider"), arguments.first == "run" { arguments += ["--provider", "mock"] }
        if asked != "in the configuration" {
            arguments += asked.split(separator: " ").map(String.init)
        } else {
            // A configuration that cannot be read says nothing of it.
            guard !arguments.contains("--config") else { return }
            _ = try directory.write(#"{"options": {"progress": "json"}}"#, to: "llm4s-batch.json")
        }
        let ended = try await BatchProcess(arguments, directory: directory.url).ended()
        #expect(ended.status == ending.status && ended.output.isEmpty, "\(ended.error)")
        let lines = ended.error.split(separator: "\n")
        let events = try lines.map { try #require(JSONParser.parse(String($0)).object, "\($0)") }
        #expect(!events.isEmpty && events.allSatisfy { $0["event"] == "message" && $0["time_ms"]?.int != nil })
        #expect(events.last?["level"]?.string == ending.level, "\(ended.error)")
        #expect(events.last?["text"]?.string?.contains(ending.words) == true, "\(ended.error)")
    }

    /// The last one counts, and what stands behind `--` is a file.
    @Test(arguments: [
        ["--progress", "json", "--progress", "plain"], ["--progress", "none", "--", "--progress", "json"],
    ])
    func whoDoesNotAskForItGetsPlainLines(options: [String]) async throws {
        let directory = try TemporaryDirectory()
        let ended = try await BatchProcess(["run", "no.jsonl"] + options, directory: directory.url).ended()
        #expect(ended.status == 2 && !ended.error.hasPrefix("{"), "\(ended.error)")
    }
}
