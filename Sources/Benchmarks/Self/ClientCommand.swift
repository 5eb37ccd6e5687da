import ArgumentParser
import CLoadSource
import Foundation
import LLMStreaming
import LoadTesting

/// `client`: the client that `self` and `goals` measure, in a process of its own.
struct ClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "client",
        abstract: "Keeps streams open, measures itself for a while, prints a line of JSON and ends.",
        shouldDisplay: false)

    /// Files that a process needs besides its streams: database, log, lock, event loops, standard streams.
    private static let otherFiles = 64

    @Option(help: "Base URL of the source of load.")
    var baseURL: String

    @Option(help: "The load of each request, as a model's name.")
    var model: String

    @Option(help: "Streams to keep open; when one ends, the next begins.")
    var streams: Int

    @Option(help: "Where chunks go: none, normal, full.")
    var store = StreamClient.Store.none

    @Option(help: "The database that is created; with --store normal and full.")
    var db: String = "bench.db"

    @Option(help: "Jobs that are stored in it before the start.")
    var jobs = 20_000

    @Option(
        help: "Time from the moment when all streams have begun to the window (default: 1s).",
        transform: Duration.init(option:))
    var settle: Duration?

    @Option(help: "Time that is measured (default: 5s).", transform: Duration.init(option:))
    var window: Duration?

    @Option(help: "Bytes of each prompt.")
    var promptBytes = 100

    @Option(help: "Measure until this many chunks have come, in twenty parts (default: for the window).")
    var untilChunks: Int?

    @Option(help: "The source's process number, to report how busy it is (default: not reported).")
    var source: Int32?

    @Option(help: "PEM file of the certificate authorities to trust (default: the system's).")
    var caFile: String?

    mutating func validate() throws {
        try checkOption("streams", streams, in: 1...1_000_000)
        try checkOption("jobs", jobs, in: 0...10_000_000)
        try checkOption("prompt-bytes", promptBytes, in: 0...1_000_000)
        if let untilChunks { try checkOption("until-chunks", untilChunks, in: 1...NumberGate.counts.upperBound) }
    }

    func run() async throws {
        // The benchmark that starts it ignores these signals, which children inherit.
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
        signal(SIGPIPE, SIG_IGN)
        let limit = cloadsource_raise_open_files()
        guard limit == 0 || UInt(streams + Self.otherFiles) <= limit else {
            throw ValidationError("--streams \(streams) needs more open files than this system allows (\(limit))")
        }
        let client = StreamClient(
            baseURL: baseURL, model: model, streams: streams, store: store, databasePath: db, jobs: jobs,
            settle: settle ?? .seconds(1), window: window ?? .seconds(5), promptBytes: promptBytes,
            untilChunks: untilChunks, caFile: caFile, source: source)
        Report.result(try await client.measure().json.text)
        // The streams are still open, on purpose: their end is not measured.
        throw ExitCode.success
    }
}

extension StreamClient.Store: ExpressibleByArgument {}

extension Duration {
    /// A duration as it is typed after an option.
    init(option text: String) throws {
        guard let duration = Duration(typed: text) else {
            throw ValidationError("'\(text)' is no duration: give a number and ms, s, m or h")
        }
        self = duration
    }
}
