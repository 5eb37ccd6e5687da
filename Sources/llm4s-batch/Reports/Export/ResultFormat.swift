import ArgumentParser
import BatchEngine
import BatchStore
import LLMStreaming

/// The forms of `results`.
enum ResultFormat: String, CaseIterable, ExpressibleByArgument {
    /// A line of our own for each job.
    case jsonl
    /// Lines of an output file of OpenAI's Batch API.
    case openAIBatch = "openai-batch"
    /// Lines of a results file of Anthropic's Message Batches.
    case anthropicBatch = "anthropic-batch"
    /// A row for each answer (RFC 4180).
    case csv
    /// The contents, each under its job's id.
    case text
    /// Lines of a job file.
    case jobs

    /// Whether it can be a table of chosen columns.
    var hasColumns: Bool { self == .csv || self == .jsonl }

    /// What a job becomes.
    ///
    /// - Parameters:
    ///   - partial: what was kept of the answer of one that is not complete.
    ///   - table: the columns of a table; nil for lines of our own.
    ///   - isForTerminal: whether control characters of models must not get through as they are (SPEC 7).
    /// - Throws: kind `invalid_request` where the form cannot hold the job's answers.
    func text(
        _ result: JobResult, partial: StoredPartial?, table: ResultTable?, isForTerminal: Bool
    ) throws(LLMError) -> String {
        if self == .jsonl, let table {
            return table.objects(result, partial: partial).map { Self.line($0, isForTerminal) }.joined()
        }
        return switch self {
        case .jsonl: Self.line(ResultLine.json(result, partial: partial), isForTerminal)
        case .openAIBatch: Self.line(OpenAIBatchLine.json(result), isForTerminal)
        case .anthropicBatch: Self.line(try AnthropicBatchLine.json(result), isForTerminal)
        case .csv: table?.rows(result, partial: partial, isForTerminal: isForTerminal) ?? ""
        case .text: ResultText.text(result, partial: partial, isForTerminal: isForTerminal)
        case .jobs: Self.line(try JobLineText.json(result), isForTerminal)
        }
    }

    private static func line(_ json: JSON, _ isForTerminal: Bool) -> String {
        (isForTerminal ? TerminalText.safe(json: json.text) : json.text) + "\n"
    }
}
