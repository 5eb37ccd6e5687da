import Foundation
import Testing

/// What tools of this kind have: completions, a manual page, a version with its commit, help that is whole.
@Suite(.serialized)
struct EndToEndConventionTests {
    /// A command of the argument parser's own description.
    private struct Help: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable { var name: String }
            var kind: String
            var preferredName: Name?
            var valueName: String?
            var abstract: String?
            var defaultValue: String?
            var isOptional: Bool
        }
        var commandName: String
        var abstract: String?
        var arguments: [Argument]?
        var subcommands: [Help]?
        var shouldDisplay: Bool?
    }

    private static func help() async throws -> Help {
        struct Tool: Decodable { var command: Help }
        let ended = try await BatchProcess.run("--experimental-dump-help")
        return try JSONDecoder().decode(Tool.self, from: Data(ended.output.utf8)).command
    }

    @Test func helpSaysOfEveryOptionWhatItIsWithoutBeingGiven() async throws {
        for command in try #require(try await Self.help().subcommands) where command.commandName != "help" {
            #expect(command.abstract?.isEmpty == false, "\(command.commandName)")
            for argument in command.arguments ?? [] {
                let name = "\(command.commandName) \(argument.preferredName?.name ?? argument.valueName ?? "")"
                let meaning = try #require(argument.abstract, "\(name) has no help")
                #expect(meaning.count > 10, "\(name)")
                // A flag is off by default, and what must be given has none.
                guard argument.kind == "option", argument.isOptional else { continue }
                #expect(
                    argument.defaultValue != nil || meaning.contains("default: "), "\(name) says no default: \(meaning)"
                )
            }
        }
    }

    @Test func helpSaysTheUnitOfEveryNumber() async throws {
        let units: Set<String> = ["BYTES", "BYTE", "DURATION", "USD"]
        let counted = try Regex(
            "(?i)bytes|time|duration|dollars|streams|requests|tokens|attempts|jobs|threads|port|seed|events|words|levels|rows|lines|answers"
        )
        for command in try #require(try await Self.help().subcommands) {
            for argument in command.arguments ?? [] where argument.kind == "option" {
                let value = argument.valueName ?? ""
                guard value == "N" || argument.defaultValue?.first?.isNumber == true else { continue }
                #expect(
                    try units.contains(value) || counted.firstMatch(in: argument.abstract ?? "") != nil,
                    "\(command.commandName) --\(argument.preferredName?.name ?? ""): a number of what?")
            }
        }
        for command in ["run", "resume", "retry"] {
            let help = try await BatchProcess.run(command, "--help")
            #expect(help.output.contains("a bare number is seconds"), "\(command)")
            for variable in [
                "LLM_MODEL", "OPENAI_API_KEY", "VLLM_BASE_URL", "HTTPS_PROXY", "SSL_CERT_FILE", "NO_COLOR",
            ] {
                #expect(help.output.contains(variable), "\(command) \(variable)")
            }
        }
    }

    /// A word that stands for a wrong one, with what is told of it.
    @Test(arguments: [
        (["rnu", "x.jsonl"], "run"), (["run", "x.jsonl", "--concurency", "3"], "--concurrency"),
        (["run", "x.jsonl", "--provider", "opnai"], "openai"),
        (["run", "x.jsonl", "--model", "antropic/claude"], "anthropic"),
        (["run", "x.jsonl", "--concurrency-per-provider", "opnrouter=3"], "openrouter"),
        (["run", "x.jsonl", "--chunks", "al"], "all"), (["run", "line.jsonl"], "temperature"),
        (["run", "x.jsonl", "--config", "option.json"], "concurrency"),
        (["run", "x.jsonl", "--config", "key.json"], "providers"),
        (["run", "x.jsonl", "--config", "field.json"], "dialect"),
        (["run", "x.jsonl", "--max-cost", "1", "--prices", "prices.json"], "gpt-5-mini"),
    ])
    func aTypingErrorIsToldWithTheNearestName(arguments: [String], meant: String) async throws {
        let directory = try TemporaryDirectory()
        for (name, text) in [
            ("x.jsonl", #"{"id":"a","model":"openai/gpt-5-mni","prompt":"hello"}"#),
            ("line.jsonl", #"{"id":"a","model":"mock/x","prompt":"hello","options":{"temprature":1}}"#),
            ("option.json", #"{"options":{"concurency":2}}"#), ("key.json", #"{"provders":{}}"#),
            ("field.json", #"{"providers":{"lab":{"dialekt":"openai-chat"}}}"#),
            ("prices.json", #"{"gpt-5-mini":{"input_cost_per_token":1e-7,"output_cost_per_token":1e-6}}"#),
        ] {
            _ = try directory.write(text + "\n", to: name)
        }
        let ended = try await BatchProcess(
            arguments, environment: ["OPENAI_API_KEY": "k"], directory: directory.url
        ).ended()
        #expect(ended.status == 2 && ended.error.contains("'\(meant)'"), "\(ended.status) \(ended.error)")
    }

    @Test func theVersionNamesTheCommitThatItWasBuiltFrom() async throws {
        let version = try await BatchProcess.run("--version").output.trimmingCharacters(in: .newlines)
        let match = try #require(
            try Regex(#"^\d+\.\d+\.\d+( \(([0-9a-f]{12})\))?$"#).wholeMatch(in: version), "\(version)")
        let isCheckout = FileManager.default.fileExists(atPath: Project.root.appending(path: ".git/logs/HEAD").path)
        #expect((match.output[2].substring != nil) == isCheckout, "\(version)")
        guard let commit = match.output[2].substring else { return }
        let known = try await ChildProcess.run("git", "-C", Project.root.path, "cat-file", "-t", String(commit))
        #expect(String(decoding: known.output, as: UTF8.self) == "commit\n", "\(commit)")
    }

    /// In a real bash, as its user presses the tab key.
    @Test(arguments: [
        ("llm4s-batch sta", "status stats"),
        ("llm4s-batch run --conc", "--concurrency-per-provider --concurrency --concurrency-max"),
        ("llm4s-batch run jo", "jobs.jsonl"), ("llm4s-batch run jobs.jsonl --chunks ", "all partial none"),
        ("llm4s-batch status --db ", "jobs.db"), ("llm4s-batch schema --conf", "--config-schema"),
        ("llm4s-batch results --db jobs.db --format anth", "anthropic-batch"),
    ])
    func completionsOfBashAreWords(line: String, words: String) async throws {
        let directory = try TemporaryDirectory()
        for name in ["jobs.jsonl", "jobs.db", "notes.txt"] { _ = try directory.write("", to: name) }
        let script = try await BatchProcess.run("--generate-completion-script", "bash")
        let file = try directory.write(script.output, to: ".completion")
        let driver = #"""
            source "$1"; cd "$2"; COMP_LINE=$3; COMP_WORDS=($3); [[ $3 == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_POINT=${#COMP_LINE}
            _llm4s-batch llm4s-batch "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
            echo "${COMPREPLY[*]}"
            """#
        let ended = try await ChildProcess.run("/bin/bash", "-c", driver, "-", file, directory.url.path, line)
        #expect(String(decoding: ended.output, as: UTF8.self) == words + "\n")
    }

    @Test(arguments: ["zsh", "fish"])
    func otherShellsHaveCompletionsToo(shell: String) async throws {
        let script = try await BatchProcess.run("--generate-completion-script", shell)
        #expect(script.status == 0 && script.output.contains("concurrency-per-provider"))
    }

    @Test func linesOfUsageFitEightyColumns() async throws {
        for command in try #require(try await Self.help().subcommands) where command.shouldDisplay != false {
            for arguments in [[command.commandName, "--help"], [command.commandName, "--no-such-option"]] {
                let ended = try await BatchProcess(arguments).ended()
                let lines = (ended.output + ended.error).split(separator: "\n")
                guard let start = lines.firstIndex(where: { $0.uppercased().hasPrefix("USAGE: ") }) else { continue }
                let usage = lines[start...].prefix { $0.hasPrefix("        ") || $0 == lines[start] }
                #expect(usage.allSatisfy { $0.count <= 80 }, "\(usage.joined(separator: "\n"))")
                #expect(usage.joined().filter { $0 == "[" }.count == usage.joined().filter { $0 == "]" }.count)
            }
        }
        let results = try await BatchProcess.run("results", "--help")
        #expect(results.output.contains("\n        [--"), "\(results.output)")
    }

    /// On a terminal of sixty columns no line is longer, but for words that are.
    @Test(.enabled(if: PseudoTerminal.isAvailable, "needs util-linux's script"))
    func helpIsWrappedToANarrowTerminal() async throws {
        for command in ["run", "results", "compact", "validate"] {
            let launcher = [
                "/bin/bash", "-c", #"exec script -qefc "stty cols 60; $(printf '%q ' "$@")" /dev/null"#, "terminal",
            ]
            let ended = try await BatchProcess(
                [command, "--help"], environment: ["SHELL": "/bin/bash", "TERM": "xterm"], launcher: launcher
            ).ended()
            #expect(ended.status == 0 && ended.output.contains("USAGE: "), "\(ended.output)\(ended.error)")
            for line in ended.output.split(whereSeparator: \.isNewline) where line.count > 60 {
                #expect(line.split(separator: " ").count == 1, "\(line)")
            }
        }
    }

    /// A window may be as narrow as it likes.
    @Test func helpHasAllItsWordsAtEveryWidth() async throws {
        func words(_ command: [String], columns: Int?) async throws -> [Substring] {
            let environment = columns.map { ["COLUMNS": "\($0)"] } ?? [:]
            let ended = try await BatchProcess(command + ["--help"], environment: environment).ended()
            #expect(ended.status == 0 && ended.error.isEmpty, "\(command) at \(columns ?? 80): \(ended.error)")
            return ended.output.split(whereSeparator: \.isWhitespace)
        }
        let commands = try #require(try await Self.help().subcommands).map(\.commandName).filter { $0 != "help" }
        for command in [[]] + commands.map({ [$0] }) {
            let usual = try await words(command, columns: nil)
            #expect(usual.contains("OPTIONS:"))
            for columns in [1, 10, 20, 60, 80] {
                #expect(try await words(command, columns: columns) == usual, "\(command) at \(columns)")
            }
        }
    }

    /// In their order, in a fresh folder with the quickstart's jobs.
    @Test func theManualsExamplesRunAndItHasEveryExitStatus() async throws {
        let page = try await BatchProcess.run("man").output.replacing("\\-", with: "-")
        for status in ["0", "1", "2", "3", "4", "129, 130, 143", "141"] {
            #expect(page.contains(".TP\n\\fB\(status)\\fR\n"))
        }
        #expect(page.contains(".SH EXIT STATUS\n"))
        let examples = try #require(page.components(separatedBy: ".SH EXAMPLES").dropFirst().first)
            .split(separator: "\n").filter { $0.hasPrefix("    llm4s-batch ") }
        #expect(examples.count >= 5)
        let directory = try TemporaryDirectory()
        try FileManager.default.copyItem(
            at: Project.root.appending(path: "jobs"), to: directory.url.appending(path: "jobs"))
        for example in examples {
            let words = example.split(separator: " ").dropFirst().map(String.init)
            let ended = try await BatchProcess(words, directory: directory.url).ended()
            #expect(ended.status == 0, "\(example): \(ended.error)")
        }
    }

    @Test func theManualPageHasEveryOptionAndIsCleanRoff() async throws {
        let page = try await BatchProcess.run("man")
        #expect(page.status == 0)
        let plain = page.output.replacing("\\-", with: "-")
        for command in try #require(try await Self.help().subcommands)
        where command.commandName != "help" && command.shouldDisplay != false {
            #expect(plain.contains(".SS \"\(command.commandName) "), "\(command.commandName)")
            for argument in command.arguments ?? [] where argument.kind != "positional" {
                let name = argument.preferredName?.name ?? ""
                if ["help", "version"].contains(name) { continue }
                #expect(plain.contains("\\fB--\(name)\\fR"), "\(command.commandName) --\(name)")
            }
        }
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/groff") else { return }
        let directory = try TemporaryDirectory()
        let file = try directory.write(page.output, to: "llm4s-batch.1")
        let formatted = try await ChildProcess.run(
            "/bin/sh", "-c", "groff -man -ww -Tutf8 -Kutf8 \"$0\" 2>&1 >/dev/null", file)
        #expect(
            formatted.status == 0 && formatted.output.isEmpty, "\(String(decoding: formatted.output, as: UTF8.self))")
    }
}
