import ArgumentParser
import Foundation
import LLMStreaming
import LoadTesting

/// `bench`: a load test of an endpoint.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load test of an endpoint.",
        discussion: """
            Each level of --concurrency, or --rate, is measured after its warm-up; of several, a table at the end and \
            the plots of --html show how the figures change with the load. A warning in the first line says where the \
            client was the limit, and not the server. What the names mean:

            \(TestReport.definitions.map { "  \($0)" }.joined(separator: "\n"))

            --json writes a line for each level, with the names of vLLM's bench serve. The status is 1 where a level \
            completed no request.
            """)

    @OptionGroup var endpoint: EndpointOptions

    @Option(
        help: ArgumentHelp("Time in which each level sends requests (default: 30s).", valueName: "DURATION"))
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
        let model = endpoint.model ?? ProcessInfo.processInfo.environment["LLM_MODEL"] ?? ""
        guard !model.isEmpty || endpoint.baseURL != nil || endpoint.jobs != nil else {
            throw ValidationError("what shall be measured? give --model, --base-url or --jobs")
        }
    }

    func run() async throws {
        MockChild.endOnSignals()
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
