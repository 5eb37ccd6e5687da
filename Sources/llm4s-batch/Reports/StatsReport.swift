import BatchEngine
import BatchStore
import LLMStreaming

/// What `stats` prints.
struct StatsReport {
    var statistics: BatchStatistics
    /// Characters of a line; nil where no terminal is written to.
    var width: Int?

    var text: String {
        let sections = [models, usage, endpoints.lines, faults, checks, resuming].filter { !$0.isEmpty }
        return sections.isEmpty
            ? "no attempt yet" : sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var endpoints: EndpointReport { EndpointReport(endpoints: statistics.endpoints, width: width) }

    // MARK: - Text

    private var models: [String] {
        statistics.models.flatMap { model -> [String] in
            let copied = model.copied > 0 ? ", \(model.copied.grouped) of them copied" : ""
            let count = model.completed.counted("answer") + copied
            return row("", "\(name(model.provider, model.model)) · \(count)")
                + [
                    ("first token", model.firstToken, FigureText.time(microseconds:)),
                    ("between pieces", model.gaps, FigureText.time(microseconds:)),
                    ("duration", model.duration, FigureText.time(microseconds:)),
                    ("tokens/s", model.tokensPerSecond, FigureText.rate),
                ].map { row($0, $1, $2) } + ends(model)
        }
    }

    /// Whether the terminal has no room for how many values a row tells of.
    private var isNarrow: Bool { width.map { $0 < 75 } ?? false }

    /// What stands before a model's row.
    private func head(_ label: String) -> String { "  \(label.padded(to: isNarrow ? 14 : 15)) " }

    /// Quantiles in columns; without their number where the terminal is too narrow for it.
    private func row(
        _ label: String, _ quantiles: BatchStatistics.Quantiles, _ text: (Double) -> String
    ) -> String {
        let head = head(label)
        if quantiles.count == 0 { return head + "not known" }
        var columns = [("p50", quantiles.p50), ("p90", quantiles.p90)].map { name, value in
            "\(name) \(text(value).padded(to: isNarrow ? 9 : 10))"
        }
        let last = text(quantiles.p99)
        columns.append("p99 \(isNarrow ? last : "\(last.padded(to: 10)) n \(quantiles.count.grouped)")")
        return head + columns.joined(separator: " ")
    }

    private func ends(_ model: BatchStatistics.Model) -> [String] {
        guard let text = FinishReport(counts: model.finishReasons).text else { return [] }
        return row(head("answers"), text)
    }

    /// A row in lines of the terminal's width, those behind the first below its text.
    private func row(_ head: String, _ text: String) -> [String] {
        TerminalText.wrapped(text, first: head, indentation: max(4, head.count), width: width)
    }

    private var usage: [String] {
        statistics.usage.flatMap { usage -> [String] in
            var answers = "\(usage.promptTokens.counted("token")) in, \(usage.completionTokens.grouped) out"
            if usage.cachedTokens > 0 {
                let share = usage.cachedShare.map { " (\(FigureText.percent($0)))" } ?? ""
                answers += ", \(usage.cachedTokens.grouped) from a cache\(share)"
                if let saving = usage.cacheSavingUSD, saving > 0 {
                    answers += ", which saved \(FigureText.dollars(saving))"
                }
            }
            if usage.reasoningTokens > 0 { answers += ", \(usage.reasoningTokens.grouped) of thinking" }
            let billed =
                "\(usage.billedPromptTokens.counted("token")) in, \(usage.billedCompletionTokens.grouped) out, "
                + "as far as is known"
            let cost =
                usage.costUSD.map { FigureText.cost($0) + FigureText.unpriced(usage.unpriced) } ?? "cost not known"
            return row("", "\(name(usage.provider, usage.model)) · \(usage.attempts.counted("attempt")), \(cost)")
                + row("  answers  ", answers) + row("  billed   ", billed) + tiers(of: usage)
        }
    }

    /// What each service tier served, where any was told.
    private func tiers(of usage: BatchStatistics.Usage) -> [String] {
        let tiers = statistics.tiers.filter { $0.provider == usage.provider && $0.model == usage.model }
        guard tiers.contains(where: { $0.serviceTier != nil }) else { return [] }
        return tiers.flatMap { tier in
            let cost =
                tier.costUSD.map { ", \(FigureText.cost($0))\(FigureText.unpriced(tier.unpriced, "response"))" } ?? ""
            return row(
                "  tier     ",
                "\(TerminalText.line(tier.serviceTier ?? "not told", limit: 40)): "
                    + "\(tier.responses.counted("response"))\(cost)")
        }
    }

    /// Errors by kind; what a kind asks for is said once, under the last of its statuses.
    private var faults: [String] {
        let faults = statistics.faults
        guard !faults.isEmpty else { return [] }
        var lines = ["errors, also those that a later attempt made good"]
        for (index, fault) in faults.enumerated() {
            let status = fault.httpStatus.map { " (HTTP \($0))" } ?? ""
            let head =
                "  \(fault.attempts.grouped) × \(fault.kind)\(status) on "
                + "\(fault.jobs.counted("job")): "
            lines += TerminalText.wrapped(
                TerminalText.line(fault.example ?? "", limit: 200), first: head, indentation: 6, width: width)
            if !faults[(index + 1)...].contains(where: { $0.kind == fault.kind }),
                let kind = ErrorKind(rawValue: fault.kind)
            {
                lines += TerminalText.wrapped(
                    kind.advice(for: fault.example), first: "      ", indentation: 8, width: width)
            }
        }
        return lines
    }

    /// What checks came to; nothing where none was asked for.
    private var checks: [String] {
        let checks = statistics.checks
        guard checks.isAny else { return [] }
        var judged = checks.checked.counted("answer")
        if checks.mended > 0 { judged += ", \(checks.mended.grouped) mended" }
        if checks.failed > 0 { judged += ", \(checks.failed.grouped) kept though not right" }
        var lines = ["checked answers"] + row("  judged        ", judged)
        if checks.askedAgain > 0 { lines += row("  asked again   ", checks.askedAgain.grouped) }
        if checks.stoppedEarly > 0 {
            let saved = "about \(checks.tokensNotPaid.counted("token")) not paid"
            lines += row("  stopped early ", "\(checks.stoppedEarly.grouped), \(saved)")
        }
        return lines
    }

    private var resuming: [String] {
        let resuming = statistics.resuming
        guard !resuming.attempts.isEmpty || resuming.wastedTokens > 0 else { return [] }
        var lines = ["interrupted answers"]
        if !resuming.attempts.isEmpty {
            let ways = resuming.attempts.map { "\($0.count.grouped) by \($0.strategy)" }
            lines += row("  gone on with  ", ways.joined(separator: ", "))
        }
        let pieces = resuming.answers.map {
            "\($0.count.grouped) in \($0.segments.counted("piece"))"
        }
        if !pieces.isEmpty { lines += row("  answers       ", pieces.joined(separator: ", ")) }
        lines.append("  saved         \(resuming.savedTokens.grouped) tokens that were not made again")
        lines.append("  wasted        \(resuming.wastedTokens.grouped) tokens billed and in no answer")
        return lines
    }

    private func name(_ provider: String, _ model: String) -> String {
        TerminalText.line("\(provider)/\(model)", limit: 60)
    }

    // MARK: - JSON

    var json: JSON {
        let (resuming, checks) = (statistics.resuming, statistics.checks)
        return [
            "first_token_us": Self.json(statistics.firstToken),
            "models": .array(statistics.models.map(Self.json)), "usage": .array(statistics.usage.map(Self.json)),
            "tiers": .array(statistics.tiers.map(Self.json)), "by_endpoint": endpoints.json,
            "errors": .array(
                statistics.faults.map { fault in
                    [
                        "kind": .string(fault.kind), "http_status": fault.httpStatus.map(JSON.int) ?? .null,
                        "tries": .int(fault.attempts), "jobs": .int(fault.jobs),
                        "example": fault.example.map(JSON.string) ?? .null,
                        "advice": (ErrorKind(rawValue: fault.kind)?.advice(for: fault.example)).map(JSON.string)
                            ?? .null,
                    ]
                }),
            "resuming": [
                "attempts": .object(
                    JSONObject(resuming.attempts.map { .init(key: $0.strategy, value: .int($0.count)) })),
                "answers_by_segments": .object(
                    JSONObject(resuming.answers.map { .init(key: String($0.segments), value: .int($0.count)) })),
                "saved_tokens": .int(resuming.savedTokens), "wasted_tokens": .int(resuming.wastedTokens),
            ],
            "checks": [
                "checked": .int(checks.checked), "mended": .int(checks.mended), "failed": .int(checks.failed),
                "asked_again": .int(checks.askedAgain), "stopped_early": .int(checks.stoppedEarly),
                "tokens_not_paid": .int(checks.tokensNotPaid),
            ],
        ]
    }

    private static func json(_ model: BatchStatistics.Model) -> JSON {
        [
            "provider": .string(model.provider), "model": .string(model.model), "completed": .int(model.completed),
            "copied": .int(model.copied), "ttft_us": json(model.firstToken), "gap_us": json(model.gaps),
            "duration_us": json(model.duration),
            "tokens_per_second": json(model.tokensPerSecond),
            "finish_reasons": FinishReport(counts: model.finishReasons).json,
        ]
    }

    private static func json(_ usage: BatchStatistics.Usage) -> JSON {
        [
            "provider": .string(usage.provider), "model": .string(usage.model), "completed": .int(usage.completed),
            "tries": .int(usage.attempts), "prompt_tokens": .int(usage.promptTokens),
            "completion_tokens": .int(usage.completionTokens), "cached_tokens": .int(usage.cachedTokens),
            "reasoning_tokens": .int(usage.reasoningTokens), "billed_prompt_tokens": .int(usage.billedPromptTokens),
            "billed_completion_tokens": .int(usage.billedCompletionTokens),
            "cost_usd": usage.costUSD.map(JSON.double) ?? .null, "unpriced": .int(usage.unpriced),
            "cached_share": usage.cachedShare.map(JSON.double) ?? .null,
            "cache_saving_usd": usage.cacheSavingUSD.map(JSON.double) ?? .null,
        ]
    }

    private static func json(_ tier: BatchStatistics.Tier) -> JSON {
        [
            "provider": .string(tier.provider), "model": .string(tier.model),
            "service_tier": tier.serviceTier.map(JSON.string) ?? .null, "responses": .int(tier.responses),
            "prompt_tokens": .int(tier.promptTokens), "completion_tokens": .int(tier.completionTokens),
            "cost_usd": tier.costUSD.map(JSON.double) ?? .null, "unpriced": .int(tier.unpriced),
        ]
    }

    static func json(_ quantiles: BatchStatistics.Quantiles) -> JSON {
        guard quantiles.count > 0 else { return ["count": 0] }
        return [
            "count": .int(quantiles.count), "p50": .double(quantiles.p50), "p90": .double(quantiles.p90),
            "p99": .double(quantiles.p99),
        ]
    }
}
