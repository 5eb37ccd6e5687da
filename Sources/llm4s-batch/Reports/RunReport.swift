import BatchEngine
import BatchStore
import LLM4SBatch
import LLMStreaming

/// What a run says at its end.
struct RunReport {
    var ending: RunEnding
    var snapshot: RunSnapshot
    var counts: JobCounts
    var databasePath: String
    var duration: Duration
    /// Whether its input ended with a fault, which was told.
    var isInputFaulty = false
    /// The failed jobs of the scope, by kind.
    var failures: [FailureGroup]

    var text: String {
        var lines = FailureReport.lines(failures, width: Console.errorWidth)
        if let retry { lines.append(retry) }
        for (provider, reason) in snapshot.stoppedProviders.sorted(by: { $0.key < $1.key }) {
            lines.append("\(provider) gets no more requests: \(TerminalText.line(reason, limit: 300))")
            if let advice = ErrorAdvice.advice(forStop: reason) { lines.append("  \(advice)") }
        }
        for model in snapshot.refusedPrefills.sorted() {
            lines.append("\(TerminalText.line(model, limit: 200)) refused to go on from partial text: it began anew")
        }
        if let overshoot = snapshot.costOvershoot {
            lines.append(
                "--max-cost was passed by \(FigureText.dollars(overshoot)): not every attempt was bounded or reported")
        }
        if let overshoot = snapshot.tokenOvershoot {
            lines.append("--max-tokens-total was passed by \(Int(overshoot).grouped) tokens")
        }
        if case .limited(let limit) = ending { lines.append("stopped by --\(limit)") }
        if case .judgeFailed(let reason) = ending { lines.append(TerminalText.line(reason, limit: 300)) }
        let ends = FinishReport(counts: snapshot.finishReasons)
        if let text = CheckWords.line(snapshot) { lines.append(text) }
        if let text = ends.text { lines.append(text + (ends.advice.map { ": \($0)" } ?? "")) }
        if !isInputFaulty || snapshot.attempts > 0 || snapshot.ended > 0 || counts.left > 0 { lines.append(summary) }
        return lines.joined(separator: "\n")
    }

    /// The command that tries failed jobs again, where that can help any of them; nil where it cannot.
    private var retry: String? {
        let kinds = Set(failures.map(\.kind)).sorted()
        let passing = kinds.filter { ErrorKind(rawValue: $0)?.mayPassLater ?? true }
        guard !passing.isEmpty else { return nil }
        if passing.count == kinds.count { return "try them again: llm4s-batch retry --db \(databasePath)" }
        let options = passing.map { " --error-kind \($0)" }.joined()
        return "try what may pass another time: llm4s-batch retry --db \(databasePath)\(options)"
    }

    private var summary: String {
        if snapshot.attempts == 0, snapshot.ended == 0, counts.left == 0 {
            return "nothing to do · \(databasePath)"
        }
        var parts = ["\(snapshot.completed.grouped) completed"]
        if snapshot.failed > 0 { parts.append("\(snapshot.failed.grouped) failed") }
        if snapshot.cancelled > 0 { parts.append("\(snapshot.cancelled.grouped) cancelled") }
        if counts.left > 0 { parts.append("\(counts.left.grouped) left") }
        let seconds = (Double(duration.wholeMilliseconds) / 1000).rounded(to: 1)
        let rate = Int((snapshot.receivedTokens / max(duration.seconds, 0.001)).rounded().clamped(to: 0...1e15))
        let tokens =
            snapshot.completionTokens > 0
            ? ", \(snapshot.completionTokens.grouped) tokens, \(rate.grouped) tokens/s" : ""
        let cost =
            snapshot.costUSD.map { ", \(FigureText.cost($0))\(FigureText.unpriced(snapshot.unpriced))" } ?? ""
        return parts.joined(separator: ", ") + " in \(seconds) s\(tokens)\(cost) · \(databasePath)"
    }
}

/// How answers ended, where it was not as one hopes: cut, filtered, refused, or without a word.
struct FinishReport {
    var counts: [FinishReason: Int]

    /// One line; nil where all ended well.
    var text: String? {
        let total = counts.values.reduce(0, +).grouped
        let parts = Self.words.compactMap { reason, words in
            counts[reason].map { ($0.grouped, words) }
        }
        guard let first = parts.first else { return nil }
        let others = parts.dropFirst().map { ", \($0.0) \($0.1)" }.joined()
        return "\(first.0) of \(total) were \(first.1)\(others)"
    }

    var json: JSON {
        let known = FinishReason.allCases.compactMap { reason in
            counts[reason].map { JSONObject.Member(key: reason.rawValue, value: .int($0)) }
        }
        return .object(JSONObject(known))
    }

    /// What to do about those that were cut; nil where none was.
    var advice: String? {
        counts[.length] == nil
            ? nil : "raise max_tokens for those; results --finish-reason length gives them"
    }

    private static let words: [(FinishReason, String)] = [
        (.length, "cut by max_tokens"), (.contentFilter, "ended by a content filter"), (.refusal, "refused"),
        (.unknown, "ended without a known reason"),
    ]
}
