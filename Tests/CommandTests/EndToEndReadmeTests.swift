import Foundation
import Testing

/// The README and the articles are true: their commands run, their queries too, their job lines are valid.
@Suite(.serialized)
struct EndToEndReadmeTests {
    private static let readme = try? MarkdownPage(path: "README.md")

    private func readme() throws -> MarkdownPage { try #require(Self.readme) }

    @Test func itIsUnder250Lines() throws {
        #expect(try readme().text.split(separator: "\n", omittingEmptySubsequences: false).count < 250)
    }

    @Test func everyFileThatItLinksIsThere() throws {
        let links = try readme().text.matches(of: #/\]\(([^)\s]+)\)/#).map { String($0.1) }.filter {
            !$0.contains("://")
        }
        #expect(links.contains { $0.hasSuffix(".svg") }, "a picture of a run")
        for link in links {
            #expect(FileManager.default.fileExists(atPath: Project.root.appending(path: link).path), "\(link)")
        }
    }

    /// The install command is run by `.ci/run` on the release build, and the test command is what runs this.
    @Test func theTwoCommandsAreThoseThatCIRuns() throws {
        let shell = try readme().blocks.filter { $0.language == "sh" }.map(\.text)
        #expect(shell.contains { $0.hasSuffix("swift run -c release llm4s-batch run jobs/quickstart.jsonl") })
        #expect(shell.contains("swift test"))
    }

    /// A new user, in a fresh directory, with the README alone: run, break, look, fix, resume, query, export.
    @Test func everyCommandOfTheSessionsGivesWhatTheReadmeShows() async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.copyItem(
            at: Project.root.appending(path: "jobs"), to: directory.url.appending(path: "jobs"))
        let sessions = try readme().sessions
        #expect(!sessions.isEmpty)
        let commands = sessions.joined().map(\.command)
        for step in ["run", "validate", "status", "show", "stats", "results"] {
            #expect(commands.contains { $0.hasPrefix("llm4s-batch \(step) ") }, "\(step)")
        }
        #expect(sessions.joined().contains { $0.shown.contains("^C") }, "somebody breaks it")
        #expect(commands.contains { $0.hasPrefix("sqlite3 ") }, "somebody asks the tables")
        for (command, shown) in sessions.joined() {
            let written = Self.withoutFigures(try await run(command, isBroken: shown.contains("^C"), directory))
            for line in shown where !["", "…", "^C"].contains(line) {
                #expect(written.contains(Self.withoutFigures(line)), "\(command) shows \(written)")
            }
        }
        let outputs = commands.flatMap { $0.matches(of: #/ -o (\S+)/#).map { String($0.1) } }
        #expect(!outputs.isEmpty)
        for name in outputs { #expect(FileManager.default.fileExists(atPath: directory.path(name)), "\(name)") }
    }

    /// Runs a line of a session as its user's shell would, and gives all that it wrote.
    private func run(_ command: String, isBroken: Bool, _ directory: TemporaryDirectory) async throws -> String {
        if command.hasPrefix("sqlite3 ") {
            let parts = command.split(separator: "\"")
            let file = try #require(parts[0].split(separator: " ").last)
            return try SQLite.rows(directory.path(String(file)), String(parts[1])).joined(separator: "\n")
        }
        guard command.hasPrefix("llm4s-batch ") else {
            let ended = try await ChildProcess.run("/bin/sh", "-c", "cd '\(directory.url.path)' && \(command)")
            #expect(ended.status == 0, "\(command): \(String(decoding: ended.output, as: UTF8.self))")
            return String(decoding: ended.output, as: UTF8.self)
        }
        let words = command.split(separator: " ").map(String.init)
        let process = try BatchProcess(Array(words.dropFirst()), directory: directory.url)
        if isBroken {
            let database = directory.path(try #require(words.last { $0.hasSuffix(".db") }))
            // Not before an answer is there in part and the short jobs have ended.
            try await process.wait {
                SQLite.currentNumber(database, "SELECT count(*) FROM chunks") > 40
                    && SQLite.currentNumber(
                        database, "SELECT count(*) FROM jobs WHERE status IN ('completed', 'failed')") == 2
            }
            process.send(SIGINT)
        }
        let ended = await process.ended()
        #expect(ended.status == (isBroken ? 130 : 0), "\(command): \(ended.error)")
        return ended.error + ended.output
    }

    @Test func everyQueryRunsAndAnswers() async throws {
        let directory = try TemporaryDirectory()
        let database = directory.path("quickstart.db")
        let jobs = Project.root.appending(path: "jobs/quickstart.jsonl").path
        let run = try await BatchProcess.run("run", jobs, "--db", database)
        #expect(run.status == 0, "\(run.error)")
        var count = 0
        for page in try MarkdownPage.all() {
            for block in page.blocks where block.language == "sql" {
                for query in block.text.split(separator: ";\n") {
                    count += 1
                    #expect(try !SQLite.rows(database, String(query)).isEmpty, "\(page.path): \(query)")
                }
            }
        }
        #expect(count >= 2)
    }

    @Test func everyJobLineOfItIsValid() async throws {
        let directory = try TemporaryDirectory()
        let lines = try readme().blocks.filter { $0.language == "json" }.flatMap { $0.text.split(separator: "\n") }
            .filter { $0.contains("\"id\"") }
        #expect(lines.count >= 2)
        let file = try directory.writeJobs(lines.map(String.init))
        let ended = try await BatchProcess.run("validate", file)
        #expect(ended.status == 0, "\(ended.error)")
    }

    @Test func theLibrarysExampleIsTheProgramThatIsBuilt() throws {
        let swift = try readme().blocks.filter { $0.language == "swift" }.map(\.text)
        let path = "Sources/Examples/BasicStreaming/main.swift"
        let source = try String(contentsOf: Project.root.appending(path: path), encoding: .utf8)
        #expect(swift.map { $0 + "\n" } == [source])
        #expect(source.split(separator: "\n").count <= 10)
    }

    /// What a package's manifest is to say: products that there are, and the version that this is.
    @Test func theLinesForAManifestNameThisPackage() async throws {
        let manifest = try String(contentsOf: Project.root.appending(path: "Package.swift"), encoding: .utf8)
        let version = try await BatchProcess.run("--version").output.prefix { $0 != " " && $0 != "\n" }
        let pages = try MarkdownPage.all().map(\.text)
        let packages = pages.flatMap { $0.matches(of: #/\.package\(url: "[^"]+\/([\w-]+)", from: "([^"]+)"\)/#) }
        let products = pages.flatMap { $0.matches(of: #/\.product\(name: "(\w+)", package: "([^"]+)"\)/#) }
        #expect(!packages.isEmpty && !products.isEmpty)
        #expect(manifest.contains("name: \"llm4s-batch\",\n    products:"))
        for package in packages { #expect(package.1 == "llm4s-batch" && package.2 == version, "\(package.0)") }
        for product in products {
            #expect(product.2 == "llm4s-batch" && manifest.contains(".library(name: \"\(product.1)\""), "\(product.0)")
        }
    }

    @Test func everyConfigurationOfItIsRead() async throws {
        let directory = try TemporaryDirectory()
        let configurations = try MarkdownPage.all().flatMap(\.blocks)
            .filter { $0.language == "json" && $0.text.contains("\"providers\"") }
        #expect(!configurations.isEmpty)
        let jobs = try directory.writeJobs([#"{"id":"a","model":"mock/x","prompt":"hello"}"#])
        for configuration in configurations {
            let file = try directory.write(configuration.text, to: "llm4s-batch.json")
            let ended = try await BatchProcess.run("validate", jobs, "--config", file)
            #expect(ended.status == 0, "\(configuration.text): \(ended.error)")
        }
    }

    /// Commands in running text and in blocks of shell: what cannot run here (a key, a server) is known at least.
    @Test func everyCommandAndOptionThatIsNamedExists() async throws {
        let commands = try await Self.options()
        let all = commands.values.reduce(into: Set<String>()) { $0.formUnion($1) }
        for page in try MarkdownPage.all() {
            let lines = page.blocks.filter { ["sh", "console"].contains($0.language) }
                .flatMap { $0.text.split(separator: "\n").map(String.init) }
            for code in page.spans + lines {
                var words = code.split(whereSeparator: { " ()|;".contains($0) }).map(String.init)
                while let word = words.first, word != "llm4s-batch", !word.hasPrefix("--") { words.removeFirst() }
                // Package managers have options of their own.
                if code.contains("swift ") || code.contains("apt-get") { continue }
                let command = words.first == "llm4s-batch" ? words.dropFirst().first { !$0.hasPrefix("-") } : nil
                if let command { #expect(commands[command] != nil, "\(page.path): \(code)") }
                let known = command.flatMap { commands[$0] } ?? all
                for word in words where word.hasPrefix("--") {
                    let name = word.dropFirst(2).prefix { $0.isLetter || $0.isNumber || $0 == "-" }
                    #expect(name.isEmpty || known.contains(String(name)), "\(page.path): \(code): --\(name)")
                }
            }
        }
    }

    /// The names of the options of each command.
    private static func options() async throws -> [String: Set<String>] {
        struct Tool: Decodable {
            struct Command: Decodable {
                struct Argument: Decodable {
                    struct Name: Decodable { var name: String }
                    var names: [Name]?
                }
                var commandName: String
                var arguments: [Argument]?
                var subcommands: [Command]?
            }
            var command: Command
        }
        let help = try await BatchProcess.run("--experimental-dump-help").output
        let tool = try JSONDecoder().decode(Tool.self, from: Data(help.utf8)).command
        let common: Set = ["help", "version", "generate-completion-script"]
        var options = Dictionary(
            uniqueKeysWithValues: (tool.subcommands ?? []).map { command in
                let names = (command.arguments ?? []).flatMap { $0.names ?? [] }.map(\.name)
                return (command.commandName, common.union(names))
            })
        // It passes them on.
        let passed = options["run"] ?? []
        options["plan"]?.formUnion(passed)
        return options
    }

    /// Times and rates differ from run to run; words do not.
    private static func withoutFigures(_ text: String) -> String {
        text.replacing(#/\d[\d.,:-]*/#, with: "0").replacing(#/ +/#, with: " ")
    }
}
