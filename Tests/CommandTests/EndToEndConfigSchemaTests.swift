import Foundation
import Testing

/// The configuration file and its JSON Schema say the same.
@Suite(.serialized)
struct EndToEndConfigSchemaTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static func schema() async throws -> [String: Any] {
        let ended = try await BatchProcess.run("schema", "--config-schema")
        return try #require(try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any])
    }

    private static func properties(_ schema: Any?) throws -> [String: [String: Any]] {
        try #require((schema as? [String: Any])?["properties"] as? [String: [String: Any]])
    }

    /// Runs a dry run with a configuration; the job names the provider `lab`.
    private func ended(_ configuration: String, _ command: [String] = ["run", "--dry-run"]) async throws
        -> BatchProcess.Ended
    {
        let file = try directory.writeJobs([#"{"id":"a","model":"lab/x","prompt":"hello"}"#])
        let config = try directory.write(configuration, to: "config.json")
        return try await BatchProcess(
            [command[0], file, "--config", config] + command.dropFirst(), environment: ["LAB_KEY": "k"],
            directory: directory.url
        ).ended()
    }

    /// A value that a schema allows, as JSON.
    private func values(_ schema: [String: Any], _ name: String) throws -> [String] {
        if let words = schema["enum"] as? [String] { return words.map { "\"\($0)\"" } }
        switch (schema["type"], name) {
        case (_, "api_key_env"): return ["\"LAB_KEY\"", #"["LAB_KEY", "HOME"]"#]
        case (_, "base_url"), (_, "base-url"):
            return ["\"http://127.0.0.1:9/v1\"", #"["http://127.0.0.1:9/v1", "http://127.0.0.1:8/v1"]"#]
        case (_, "weights"): return [#"{"http://127.0.0.1:9/v1": 2}"#]
        case (let type as String, _) where type == "integer": return ["3"]
        case (let type as String, _) where type == "boolean": return ["true", "false"]
        case (let type as String, _) where type == "object": return [#"{"X-Team": "eval"}"#]
        default: return ["\"x\""]
        }
    }

    @Test func everyKeyAndWordOfAProviderInTheSchemaIsRead() async throws {
        let schema = try await Self.schema()
        let definitions = try #require(schema["$defs"] as? [String: Any])
        for (key, property) in try Self.properties(definitions["provider"]) {
            for value in try values(property, key) {
                let base = key == "base_url" ? "" : #""base_url": "http://127.0.0.1:9/v1", "#
                let read = try await ended(#"{"$schema": "x", "providers": {"lab": {\#(base)"\#(key)": \#(value)}}}"#)
                #expect(read.status == 0, "\(key): \(value): \(read.error)")
            }
            // What the schema forbids is refused.
            let wrong = try await ended(#"{"providers": {"lab": {"base_url": "http://127.0.0.1:9", "\#(key)": []}}}"#)
            #expect(wrong.status == 2 && wrong.error.contains(key), "\(key): \(wrong.error)")
        }
        #expect(Set(try Self.properties(schema).keys) == ["$schema", "providers", "options", "prices"])
    }

    @Test func whatTheReaderKnowsIsWhatTheSchemaHas() async throws {
        let schema = try await Self.schema()
        let definitions = try #require(schema["$defs"] as? [String: Any])
        let providers = try await ended(#"{"providers": {"lab": {"zzzzzzzz": 1}}}"#)
        for key in try Self.properties(definitions["provider"]).keys { #expect(providers.error.contains(key)) }
        let keys = try await ended(#"{"zzzzzzzz": 1}"#)
        #expect(keys.status == 2 && keys.error.contains("known: providers, options, prices"), "\(keys.error)")
    }

    @Test func theOptionsOfTheSchemaAreThoseThatCommandsTake() async throws {
        let options = try Self.properties(try Self.properties(try await Self.schema())["options"])
        #expect(options.count > 25 && options["config"] == nil && options["help"] == nil)
        let base = #""providers": {"lab": {"base_url": "http://127.0.0.1:9/v1"}}"#
        // Names are looked at before any value is.
        let all = options.map { "\"\($0.key)\": \($0.value["type"] as? String == "boolean" ? "true" : "\"3\"")" }
        let read = try await ended("{\(base), \"options\": {\(all.joined(separator: ", "))}}")
        #expect(!read.error.contains("no such option"), "\(read.error)")
        // Each is an option of a command's help.
        let help =
            try await BatchProcess.run("run", "--help").output + BatchProcess.run("retry", "--help").output
            + BatchProcess.run("validate", "--help").output
        for name in options.keys { #expect(help.contains("--\(name)"), "\(name)") }
        let wrong = try await ended("{\(base), \"options\": {\"concurency\": 3}}")
        #expect(wrong.status == 2 && wrong.error.contains("'concurrency'"), "\(wrong.error)")
    }

    @Test func anOptionThatOnlyAnotherCommandHasIsLeftToIt() async throws {
        let config = try directory.write(#"{"options": {"model": "mock/count-3", "on-changed": "keep"}}"#, to: "c.json")
        let file = try directory.writeJobs([#"{"id":"a","prompt":"hello"}"#])
        for command in [
            ["validate", file], ["run", file, "--max-jobs", "1"], ["resume", "--db", directory.path("jobs.db")],
        ] {
            let ended = try await BatchProcess(command + ["--config", config]).ended()
            #expect(ended.status == 0, "\(command[0]): \(ended.error)")
        }
    }
}
