import ArgumentParser
import LLMStreaming

/// The measured client of `bench --self`, in a process of its own so that nothing else is counted as its cost.
struct SelfClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench-client",
        abstract: "Keeps streams open, measures itself for a while, prints a line of JSON and ends.",
        shouldDisplay: false)

    @Option(help: "Base URL of the source of load.")
    var baseURL: String

    @Option(help: "The load that each request asks for, as a model's name.")
    var model: String

    @Option(help: "Streams to keep open; when one ends, the next begins.")
    var streams: Int

    @Option(help: "Where chunks go: none, normal, full.")
    var store = SelfClient.Store.none

    @Option(help: "The database that is made; with --store normal and full.")
    var db: String = "bench.db"

    @Option(help: "Jobs that are stored in it before the start.")
    var jobs = 20_000

    @Option(help: "Time from the moment when all streams have begun to the window.")
    var settle = DurationArgument(seconds: 1)

    @Option(help: "Time that is measured.")
    var window = DurationArgument(seconds: 5)

    @Option(help: "Bytes of each prompt.")
    var promptBytes = 100

    @Option(help: "Measure until so many chunks have come, in twenty parts (default: for the window).")
    var untilChunks: Int?

    @Option(help: "The source's process number, to tell how busy it is (default: not told).")
    var source: Int32?

    @Option(help: "PEM file of the certificate authorities to trust (default: the system's).")
    var caFile: String?

    mutating func validate() throws {
        try FlagBounds.check("streams", streams, FlagBounds.workers)
        try FlagBounds.check("jobs", jobs, 0...10_000_000)
        try FlagBounds.check("prompt-bytes", promptBytes, 0...1_000_000)
        try FlagBounds.check("until-chunks", untilChunks, FlagBounds.counts)
    }

    func run() async throws {
        try OpenFileLimit.raise(streams: streams, isServer: false)
        let client = SelfClient(
            baseURL: baseURL, model: model, streams: streams, store: store, databasePath: db, jobs: jobs,
            settle: settle.duration, window: window.duration, promptBytes: promptBytes, untilChunks: untilChunks,
            caFile: caFile, source: source)
        Console.output(try await client.measure().json.text)
        // The streams are still open, on purpose: how they end is no part of what was measured.
        throw Exit(.completed)
    }
}

extension SelfClient.Store: ExpressibleByArgument {}
