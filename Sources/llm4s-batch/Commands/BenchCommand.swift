import ArgumentParser
import Foundation
import LLMStreaming

/// `bench`: what this program costs.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load test of this program itself.",
        discussion: """
            bench --self runs the program's own client against a source of load (mock --load) in a process of its own, \
            with the database off, with --durability normal and full. CPU, user and system, is that of the client's \
            process; latency is from the source's stamp in an event to its decoded chunk, and to its committed row.
            """)

    @Flag(name: .customLong("self"), help: "Measure this program against its own source of load.")
    var isSelf = false

    @OptionGroup var load: SelfLoadOptions

    @Option(help: "Time to measure; of --self for each of six clients.")
    var duration = DurationArgument(seconds: 5)

    @Option(
        help: ArgumentHelp("Write the figures to this file, as JSON (default: no file).", valueName: "FILE"),
        completion: .file())
    var json: String?

    mutating func validate() throws {
        guard isSelf else { throw ValidationError("what shall be measured? give --self") }
        guard duration.duration > .zero else { throw ValidationError("--duration must be longer than zero") }
    }

    func run() async throws {
        let report = try await SelfBench(load: load.load, window: duration.duration).run()
        Console.output(report.text)
        if let json { try Self.write(report.json, to: json) }
    }

    private static func write(_ json: JSON, to path: String) throws {
        do { try Data((json.text + "\n").utf8).write(to: URL(filePath: path)) } catch {
            throw Exit(.input, "\(path) cannot be written: \(error.localizedDescription)")
        }
    }
}
