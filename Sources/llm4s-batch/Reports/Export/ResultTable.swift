import BatchEngine
import BatchStore
import LLMStreaming

/// Jobs as rows of comma-separated values (RFC 4180): one for each answer, or one for a job without any.
enum ResultTable {
    /// The row of names.
    static let head = columns.joined(separator: ",") + "\r\n"

    private static let columns = [
        "id", "status", "choice", "provider", "model", "content", "reasoning", "refusal", "tool_calls",
        "finish_reason", "prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens", "reasoning_tokens",
        "usage_source", "cost_usd", "segments", "attempts", "response_id", "error_kind", "error", "http_status",
        "request_id", "metadata", "source", "line",
    ]

    /// The rows of a job; an answer that is not complete has its partial text as content.
    static func rows(_ result: JobResult, partial: StoredPartial?, isForTerminal: Bool) -> String {
        var rows: [[String: String]] = result.completions.map { fields($0) }
        if rows.isEmpty { rows = partial?.answer.choices.map(fields) ?? [] }
        if rows.isEmpty { rows = [["choice": "0"]] }
        return rows.map { answer in
            let fields = self.fields(result).merging(answer) { $1 }
            return columns.map { field(fields[$0] ?? "", isForTerminal) }.joined(separator: ",") + "\r\n"
        }.joined()
    }

    private static func fields(_ result: JobResult) -> [String: String] {
        let job = result.job
        var fields = [
            "id": job.customID, "status": job.status.rawValue, "provider": job.provider, "model": job.model,
            "attempts": "\(job.attempts)", "source": job.source,
        ]
        fields["line"] = job.line.map { "\($0)" }
        fields["metadata"] = job.metadata.map { String(decoding: $0, as: UTF8.self) }
        fields["http_status"] = result.httpStatus.map { "\($0)" }
        fields["request_id"] = result.requestID
        if job.status != .completed {
            fields["error_kind"] = job.errorKind
            fields["error"] = job.error
        }
        return fields
    }

    private static func fields(_ completion: StoredCompletion) -> [String: String] {
        var fields = [
            "choice": "\(completion.choice)", "content": completion.content,
            "finish_reason": completion.finishReason.rawValue, "usage_source": completion.usageSource.rawValue,
            "segments": "\(completion.segments)",
        ]
        fields["model"] = completion.model
        fields["reasoning"] = completion.reasoning
        fields["refusal"] = completion.refusal
        fields["tool_calls"] = completion.toolCalls.map { String(decoding: $0, as: UTF8.self) }
        fields["prompt_tokens"] = completion.promptTokens.map { "\($0)" }
        fields["completion_tokens"] = completion.completionTokens.map { "\($0)" }
        fields["total_tokens"] = completion.totalTokens.map { "\($0)" }
        fields["cached_tokens"] = completion.cachedTokens.map { "\($0)" }
        fields["reasoning_tokens"] = completion.reasoningTokens.map { "\($0)" }
        fields["cost_usd"] = completion.costUSD.map { "\($0)" }
        fields["response_id"] = completion.responseID
        return fields
    }

    private static func fields(_ choice: PartialAnswer.Choice) -> [String: String] {
        var fields = ["choice": "\(choice.index)", "content": choice.text]
        fields["reasoning"] = choice.reasoning
        fields["refusal"] = choice.refusal
        if !choice.toolCalls.isEmpty { fields["tool_calls"] = JSON.array(choice.toolCalls.map(\.json)).text }
        return fields
    }

    /// The field, in quotes where it holds what would end it or blanks that a reader may drop.
    private static func field(_ text: String, _ isForTerminal: Bool) -> String {
        let text = isForTerminal ? TerminalText.safe(text) : text
        let isPlain = text.utf8.allSatisfy { !",\"\r\n".utf8.contains($0) } && text.first != " " && text.last != " "
        return isPlain ? text : "\"\(text.replacing("\"", with: "\"\""))\""
    }
}
