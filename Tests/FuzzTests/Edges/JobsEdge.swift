import Foundation
import LLMStreaming

@testable import BatchEngine

/// A file of job lines, as `validate --estimate` and `run` take it.
enum JobsEdge {
    private static let file = FileManager.default.temporaryDirectory
        .appending(path: "llm4s-fuzz-\(ProcessInfo.processInfo.processIdentifier).jsonl").path
    private static let parser: JobLineParser = {
        guard let defaults = try? InputDefaults(model: "openai/gpt-6-luna") else { preconditionFailure("no defaults") }
        return JobLineParser(defaults: defaults)
    }()

    static func take(_ bytes: [UInt8]) throws {
        for line in bytes.split(separator: UInt8(ascii: "\n")) { takeLine(Array(line)) }
        // Files are read in pieces, and batch documents request by request.
        try Data(bytes).write(to: URL(filePath: file))
        defer { try? FileManager.default.removeItem(atPath: file) }
        for bound in [100, 1 << 40] {
            var reading = InputReading(parser: parser, maximumLineBytes: bound, skipsInvalid: true)
            reading.isEstimating = true
            // A file that is none of jobs is refused whole.
            let summary = try? InputValidator([InputSource(argument: file)], reading).validate()
            _ = summary?.report.description
        }
    }

    private static func takeLine(_ line: [UInt8]) {
        guard let parsed = try? parser.parse(line) else { return }
        var work = WorkEstimate()
        work.add(parsed)
        let price = ModelPrice(input: 1e6, output: 1e6)
        _ = work.cost(at: price)
        let limits = ProviderLimits(concurrency: 1, requestsPerMinute: 1, tokensPerMinute: 1_000_000_000_000)
        _ = TimeEstimate(work, limits: limits, concurrency: 1)
        _ = Reservation(request: parsed.request, bytes: line.count, largestOutput: 1e12, price: price)
        guard let content = try? JobRequest(stored: parsed.request).content else { return }
        let catalog = ProviderCatalog()
        for provider in catalog.names.compactMap({ catalog[$0] }) {
            _ = try? RequestEncoder.encode(content, model: parsed.model.model, provider: provider)
            _ = try? RequestEncoder.encode(
                content, model: "claude-sonnet-4-5", provider: provider, continuation: .prefill("Once upon"))
        }
    }

    static let seeds = [
        #"{"id":"a","model":"anthropic/claude-sonnet-4-5","prompt":"x","options":{"reasoning_budget_tokens":2048}}"#,
        #"{"model":"openai/gpt-5","messages":[{"role":"user","content":[{"type":"text","text":"é"},"#
            + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}}]}],"options":{"temperature":0.7,"#
            + #""max_tokens":100,"n":2,"seed":7,"stop":["a"],"reasoning":"low"},"metadata":{"k":1},"extra_body":{"x":1e5}}"#,
        #"{"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"model":"gpt-4o","n":3,"max_tokens":16,"#
            + #""messages":[{"role":"user","content":"Hi"}]}}"#,
        #"{"requests":[{"custom_id":"c","params":{"model":"claude-sonnet-4-5","max_tokens":1024,"thinking":"#
            + #"{"type":"enabled","budget_tokens":2048},"messages":[{"role":"user","content":"Hi"}]}}]}"#,
        #"{"custom_id":"d","body":{"max_tokens":9,"messages":[{"role":"assistant","tool_calls":[{"id":"t","type":"#
            + #""function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"t","content":"1"}]}}"#
            + "\n\n" + #"{"prompt":"\ud83d\ude00","system":"s","resume":"prefill"}"#,
    ]
}
