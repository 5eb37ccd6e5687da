import ArgumentParser
import Foundation
import LLMStreaming
import LoadTesting

/// `self`: the cost of the client against the lean source, with the database off, normal and full.
struct SelfCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "self",
        abstract: "Measures the client of llm4s-batch against a source of load.",
        discussion: """
            Client and source are processes of their own. CPU, user and system, is that of the client's process; latency \
            is from the source's stamp in an event to its decoded chunk, and to its committed row.
            """)

    @Option(help: ArgumentHelp("Streams open at once.", valueName: "N"))
    var streams = 1000

    @Option(
        help: ArgumentHelp(
            "Time between two packets of a stream; 0 for as fast as the client reads (default: 50ms).",
            valueName: "DURATION"), transform: Duration.init(option:))
    var pace: Duration?

    @Option(help: ArgumentHelp("Events in a packet.", valueName: "N"))
    var packet = 1

    @Option(help: ArgumentHelp("Words in an event.", valueName: "N"))
    var words = 1

    @Option(help: ArgumentHelp("Bytes of each prompt.", valueName: "BYTES"))
    var promptBytes = 100

    @Option(
        help: ArgumentHelp("Time to measure each of six clients (default: 5s).", valueName: "DURATION"),
        transform: Duration.init(option:))
    var duration: Duration?

    @Option(
        help: ArgumentHelp("Write the figures to this file, as JSON (default: no file).", valueName: "FILE"),
        completion: .file())
    var json: String?

    mutating func validate() throws {
        try checkOption("streams", streams, in: 1...100_000)
        try checkOption("packet", packet, in: 1...1000)
        try checkOption("words", words, in: 1...1000)
        try checkOption("prompt-bytes", promptBytes, in: 0...1_000_000)
        guard duration != .zero else { throw ValidationError("--duration must be longer than zero") }
    }

    func run() throws {
        Cleanup.onSignals()
        let scratch = try ScratchFolder()
        defer { scratch.remove() }
        let source = try Source(scratch: scratch)
        defer { source.stop() }
        var report = SelfReport(load: load, words: text, isPinned: Child.isPinning)
        for store in StreamClient.Store.allCases {
            Report.note("measuring with the database \(SelfReport.title(store)) …")
            // Reading the stamps costs CPU, so cost is measured without them.
            guard let plain = source.measureOwn(load, store: store.rawValue),
                let stamped = source.measureOwn(load.stamped, store: store.rawValue)
            else {
                Report.note("the measured client ended without figures")
                throw ExitCode.failure
            }
            report.columns.append(SelfReport.Column(store: store, plain: plain, stamped: stamped))
        }
        Report.result(report.text)
        if let json { try Data((report.json.text + "\n").utf8).write(to: URL(filePath: json)) }
    }

    private var packetPace: Duration? {
        let pace = pace ?? .milliseconds(50)
        return pace > .zero ? pace : nil
    }

    private var load: Load {
        // A paced stream outlasts the window; unpaced ones end, and others follow.
        let events = packetPace == nil ? 200 * packet : 100_000_000
        var model = "bulk=\(events)+packet=\(packet)+chunk=\(words)"
        if let packetPace { model += "+pace=\(Int(packetPace.seconds * 1e6))us" }
        let window = (duration ?? .seconds(5)).seconds
        return Load(
            streams: streams, model: model, settleSeconds: min(1, window), windowSeconds: window,
            promptBytes: promptBytes, jobs: packetPace == nil ? 30_000 + streams : streams)
    }

    /// The load in words.
    private var text: String {
        let count = streams == 1 ? "1 stream" : "\(streams) streams"
        let rhythm = packetPace.map { "a packet every \($0.seconds * 1000) ms" } ?? "as fast as the client reads"
        let events = packet == 1 ? "1 event a packet" : "\(packet) events a packet"
        return "\(count), \(rhythm), \(events), \(words == 1 ? "1 word" : "\(words) words") an event"
    }
}
