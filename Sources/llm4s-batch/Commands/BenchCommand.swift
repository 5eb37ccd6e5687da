import ArgumentParser
import Foundation
import LLMStreaming
import LoadTesting

/// `bench`: a load test of an endpoint, or of this program itself.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load test of an endpoint, or of this program itself.",
        discussion: """
            Each level of --concurrency, or --rate, is measured after its warm-up; of several, a table at the end and \
            the plots of --html show how the figures change with the load. A warning in the first line says where the \
            client was the limit, and not the server. What the names mean:

            \(TestReport.definitions.map { "  \($0)" }.joined(separator: "\n"))

            --json writes a line for each level, with the names of vLLM's bench serve. The status is 1 where a level \
            completed no request.

            bench --self runs the program's own client against a source of load (mock --load) in a process of its own, \
            with the database off, with --durability normal and full. CPU, user and system, is that of the client's \
            process; latency is from the source's stamp in an event to its decoded chunk, and to its committed row.
            """)

    @Flag(name: .customLong("self"), help: "Measure this program against its own source of load.")
    var isSelf = false

    @OptionGroup var endpoint: EndpointOptions
    @OptionGroup var load: SelfLoadOptions

    @Option(
        help: ArgumentHelp(
            "Time in which each level sends requests (default: 30s); with --self, time to measure each of six clients (5s).",
            valueName: "DURATION"))
    var duration: DurationArgument?

    @Option(
        help: ArgumentHelp("Write the figures to this file, as JSON (default: no file).", valueName: "FILE"),
        completion: .file())
    var json: String?

    mutating func validate() throws {
        guard duration?.duration != .zero else { throw ValidationError("--duration must be longer than zero") }
        guard duration == nil || endpoint.requests == nil else {
            throw ValidationError("--requests and --duration exclude each other")
        }
        if isSelf {
            guard endpoint.given.isEmpty else {
                throw ValidationError("--self does not go with \(endpoint.given.joined(separator: ", "))")
            }
        } else {
            guard load.given.isEmpty else {
                throw ValidationError("\(load.given.joined(separator: ", ")): only with --self")
            }
            let model = endpoint.model ?? ProcessInfo.processInfo.environment["LLM_MODEL"] ?? ""
            guard !model.isEmpty || endpoint.baseURL != nil || endpoint.jobs != nil else {
                throw ValidationError("what shall be measured? give --model, --base-url, --jobs or --self")
            }
        }
    }

    func run() async throws {
        BenchCleanup.onSignals()
        guard !isSelf else { return try await measureSelf() }
        var plan = EndpointPlan(
            endpoint, duration: duration?.duration ?? .seconds(30), environment: ProcessInfo.processInfo.environment)
        let report = try await plan.run()
        let lines = TerminalText.safe(report.text).split(separator: "\n", omittingEmptySubsequences: false)
        Console.output(
            lines.flatMap { TerminalText.wrapped(String($0), width: Console.outputWidth) }.joined(separator: "\n"))
        if let json {
            try Self.write(report.levels.map { $0.json(report.test).text + "\n" }.joined(), to: json)
        }
        if let html = endpoint.html { try Self.write(Page(report).html, to: html) }
        if report.levels.contains(where: { $0.completed == 0 }) { throw Exit(.jobFailed) }
    }

    private func measureSelf() async throws {
        let report = try await SelfBench(load: load.load, window: duration?.duration ?? .seconds(5)).run()
        Console.output(report.text)
        if let json { try Self.write(report.json.text + "\n", to: json) }
    }

    private static func write(_ text: String, to path: String) throws {
        let sink = try ResultSink(path: path)
        do {
            try sink.write(text)
            try sink.finish()
        } catch {
            sink.abandon()
            throw error
        }
    }
}
