import BatchEngine
import BatchStore
import LLMStreaming

/// What `stats` tells of a provider's endpoints, where it has several.
struct EndpointReport {
    var endpoints: [BatchStatistics.Endpoint]
    /// Characters of a line; nil where no terminal is written to.
    var width: Int?

    var lines: [String] {
        let names = EndpointNames(endpoints.map(\.name))
        var providers: [String: [BatchStatistics.Endpoint]] = [:]
        for endpoint in endpoints { providers[endpoint.provider, default: []].append(endpoint) }
        return providers.sorted { $0.key < $1.key }.filter { $0.value.count > 1 }.flatMap { provider, endpoints in
            let head = "\(TerminalText.line(provider, limit: 60)) · \(endpoints.count.counted("endpoint"))"
            return [head] + endpoints.flatMap { lines($0, names[$0.name]) }
        }
    }

    private func lines(_ endpoint: BatchStatistics.Endpoint, _ name: String) -> [String] {
        var did = "\(endpoint.attempts.counted("attempt")), \(endpoint.answers.counted("answer"))"
        if endpoint.failures > 0 { did += ", \(endpoint.failures.grouped) failed" }
        let tokens = "\(endpoint.promptTokens.grouped) in, \(endpoint.completionTokens.grouped) out"
        return TerminalText.wrapped("\(name) · \(did)", first: "  ", indentation: 4, width: width)
            + row("tokens", tokens) + cached(endpoint) + row("first token", firstToken(endpoint))
    }

    /// What caches held, where any answer told of it.
    private func cached(_ endpoint: BatchStatistics.Endpoint) -> [String] {
        guard let cached = endpoint.cachedTokens, let share = endpoint.cachedShare else { return [] }
        let all = endpoint.answeredPromptTokens.grouped
        return row(
            "cached", "\(cached.grouped) of \(all) input tokens of answers (\(FigureText.percent(share)))")
    }

    private func firstToken(_ endpoint: BatchStatistics.Endpoint) -> String {
        let (time, speed) = (endpoint.firstToken, endpoint.tokensPerSecond)
        guard time.count > 0 else { return "not known" }
        return "p50 \(FigureText.time(microseconds: time.p50)), p99 \(FigureText.time(microseconds: time.p99))"
            + (speed.count > 0 ? "; then \(FigureText.rate(speed.p50)) tokens/s (p50)" : "")
    }

    private func row(_ label: String, _ text: String) -> [String] {
        let head = "    \(label.padded(to: 11)) "
        return TerminalText.wrapped(text, first: head, indentation: head.count, width: width)
    }

    var json: JSON { .array(endpoints.map(Self.json)) }

    private static func json(_ endpoint: BatchStatistics.Endpoint) -> JSON {
        [
            "provider": .string(endpoint.provider), "endpoint": .string(endpoint.name),
            "tries": .int(endpoint.attempts), "answers": .int(endpoint.answers), "failures": .int(endpoint.failures),
            "prompt_tokens": .int(endpoint.promptTokens), "completion_tokens": .int(endpoint.completionTokens),
            "answered_prompt_tokens": .int(endpoint.answeredPromptTokens),
            "cached_tokens": endpoint.cachedTokens.map(JSON.int) ?? .null,
            "cached_share": endpoint.cachedShare.map(JSON.double) ?? .null,
            "ttft_us": StatsReport.json(endpoint.firstToken),
            "tokens_per_second": StatsReport.json(endpoint.tokensPerSecond),
        ]
    }
}
