import ArgumentParser
import BatchEngine
import BatchStore
import CBuildCommit
import Foundation
import LLM4SBatch
import LLMStreaming
import Synchronization

/// The program: finds the command, runs it, and gives its exit status.
@main
struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "llm4s-batch",
        abstract: "Runs batches of LLM conversations as streams and keeps every answer in SQLite.",
        discussion: """
            Jobs come from JSONL files, one conversation a line. Every chunk and every answer is stored in one SQLite \
            file; run the same command again and it does only what is left, from partial output where the provider \
            can go on from it.

            Exit status: 0 every job completed, 1 some job failed, 2 usage or input error, 3 the database cannot be \
            used, 4 stopped with work left by a limit or a provider that refuses, 129/130/143 ended by SIGHUP/SIGINT/SIGTERM, \
            141 nobody reads the results of run --output -.

            Variables of the environment are in the help of run, everything in the manual: llm4s-batch man | man -l -
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, ResumeCommand.self, RetryCommand.self, StatusCommand.self, CtlCommand.self,
            ServeCommand.self, ShowCommand.self,
            ResultsCommand.self, StatsCommand.self, ReportCommand.self, ValidateCommand.self, CompactCommand.self,
            MergeCommand.self,
            PlanCommand.self,
            BenchCommand.self, MockCommand.self, SchemaCommand.self, ManualCommand.self,
        ])

    static func main() async {
        // A reader that went away is an error of a write, not the end of the program with stored work unreported.
        signal(SIGPIPE, SIG_IGN)
        do {
            try OpenFileLimit.prepare()
            let typed = Array(CommandLine.arguments.dropFirst())
            Console.style.withLock { $0 = Console.Style(arguments: typed) }
            let arguments = try known(ConfiguredArguments.complete(typed))
            Console.style.withLock { $0 = Console.Style(arguments: arguments) }
            if arguments.first == BenchCommand._commandName, let advice = ForeignOptions.advice(arguments.dropFirst()) {
                throw Exit(.input, advice)
            }
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Foundation.exit(status(of: error).rawValue)
        }
    }

    /// The arguments; a word in a command's place that is none is told with the nearest that is.
    private static func known(_ arguments: [String]) throws -> [String] {
        let commands = configuration.subcommands.map { $0._commandName } + ["help"]
        guard let word = arguments.first, !word.hasPrefix("-"), !commands.contains(word) else { return arguments }
        let shown =
            configuration.subcommands.filter { $0.configuration.shouldDisplay }.map { $0._commandName } + ["help"]
        throw Exit(.input, "there is no command '\(word)'\(NearestName.hint(for: word, among: shown))")
    }

    /// Reports an error and tells the status that it ends the program with.
    private static func status(of error: any Error) -> ExitStatus {
        switch error {
        case let exit as Exit:
            if let message = exit.message { Console.error(message) }
            return exit.status
        case let error as StoreError:
            Console.error("\(error)")
            return .database
        case let error as ConfigurationError:
            Console.error(error.description)
            return .input
        case let error as BatchError:
            Console.error(error.description)
            return error.kind == .database ? .database : .input
        default:
            // The parser renders the help each time that it looks at the request for it, and is told a width in one place.
            unsafe setenv("COLUMNS", "\(HelpText.width)", 1)
            let message = fullMessage(for: error)
            if exitCode(for: error) == .success {
                let width = Console.outputWidth
                Console.output(EnvironmentHelp.completing(UsageText.wrapped(message, width: width), width: width))
                return .completed
            }
            Console.error(UsageText.wrapped(message, width: Console.errorWidth))
            return .input
        }
    }
}

/// The program's exit status: a contract (Contract, "Commands").
///
/// Where several hold, the first of this order counts: store, signal, work left, input, job failed, success.
enum ExitStatus: Int32, Sendable {
    case completed = 0
    case jobFailed = 1
    case input = 2
    case database = 3
    case workLeft = 4
    case hungUp = 129
    case interrupted = 130
    case unread = 141
    case terminated = 143
}

/// Ends the program with a status, after a message on standard error where there is one.
struct Exit: Error {
    var status: ExitStatus
    var message: String?

    init(_ status: ExitStatus, _ message: String? = nil) {
        self.status = status
        self.message = message
    }
}

/// Which program this is.
enum Version {
    static let number = "0.1.0"

    /// The number with the commit that it was built from, where that is known: `0.1.0 (1a2b3c4d5e6f)`.
    static let text: String = {
        let commit = unsafe String(cString: build_commit())
        return commit.isEmpty ? number : "\(number) (\(commit.prefix(12)))"
    }()
}
