import Foundation
import Testing

/// The README is true: its commands run, its queries too, its job lines are valid.
@Suite(.serialized)
struct EndToEndReadmeTests {
    private static let blocks: [(language: String, text: String)] = {
        let text = (try? String(contentsOf: Project.root.appending(path: "README.md"), encoding: .utf8)) ?? ""
        var blocks: [(String, String)] = []
        var open: (String, [Substring])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let (language, lines) = open {
                    blocks.append((language, lines.joined(separator: "\n")))
                    open = nil
                } else {
                    open = (String(line.dropFirst(3)), [])
                }
            } else {
                open?.1.append(line)
            }
        }
        return blocks
    }()

    @Test func itIsUnder250Lines() throws {
        let text = try String(contentsOf: Project.root.appending(path: "README.md"), encoding: .utf8)
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count < 250)
    }

    /// The install command is run by `.ci/run` on the release build, and the test command is what runs this.
    @Test func theTwoCommandsAreThoseThatCIRuns() throws {
        let shell = Self.blocks.filter { $0.language == "sh" }.map(\.text)
        #expect(shell.contains { $0.hasSuffix("swift run -c release llm4s-batch run jobs/quickstart.jsonl") })
        #expect(shell.contains("swift test"))
    }

    @Test func everyCommandOfTheSessionGivesWhatTheReadmeShows() async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.copyItem(
            at: Project.root.appending(path: "jobs"), to: directory.url.appending(path: "jobs"))
        let session = try #require(Self.blocks.first { $0.language == "console" }).text
        var commands: [(command: String, shown: [String])] = []
        for line in session.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("$ ") {
                commands.append((String(line.dropFirst(2)), []))
            } else if !commands.isEmpty {
                commands[commands.count - 1].shown.append(line)
            }
        }
        #expect(commands.count >= 5)
        for (command, shown) in commands {
            let words = command.split(separator: " ").map(String.init)
            try #require(words[0] == "llm4s-batch")
            let ended = try await BatchProcess(Array(words.dropFirst()), directory: directory.url).ended()
            #expect(ended.status == 0, "\(command): \(ended.error)")
            let written = Self.withoutFigures(ended.error + ended.output)
            for line in shown where !line.isEmpty && line != "…" {
                #expect(written.contains(Self.withoutFigures(line)), "\(command) shows \(written)")
            }
        }
        let database = directory.path("quickstart.db")
        let queries = Self.blocks.filter { $0.language == "sql" }.map(\.text)
        #expect(queries.count >= 2)
        for query in queries { #expect(try !SQLite.rows(database, query).isEmpty, "\(query)") }
    }

    @Test func everyJobLineOfItIsValid() async throws {
        let directory = try TemporaryDirectory()
        let lines = Self.blocks.filter { $0.language == "json" }.flatMap { $0.text.split(separator: "\n") }
            .filter { $0.contains("\"id\"") }
        #expect(lines.count >= 2)
        let file = try directory.writeJobs(lines.map(String.init))
        let ended = try await BatchProcess.run("validate", file)
        #expect(ended.status == 0, "\(ended.error)")
    }

    @Test func theLibrarysExampleIsTheProgramThatIsBuilt() throws {
        let swift = Self.blocks.filter { $0.language == "swift" }.map(\.text)
        let path = "Sources/Examples/BasicStreaming/main.swift"
        let source = try String(contentsOf: Project.root.appending(path: path), encoding: .utf8)
        #expect(swift.map { $0 + "\n" } == [source])
        #expect(source.split(separator: "\n").count <= 10)
    }

    /// Times and rates differ from run to run; words do not.
    private static func withoutFigures(_ text: String) -> String {
        text.replacing(#/\d[\d.,:]*/#, with: "0").replacing(#/ +/#, with: " ")
    }
}
