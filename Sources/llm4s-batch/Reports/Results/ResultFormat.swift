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
    ///   - isForTerminal: whether control characters of models must not get through as they are.
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

    /// A line of JSON.
    static func line(_ json: JSON, _ isForTerminal: Bool) -> String {
        (isForTerminal ? TerminalText.safe(json: json.text) : json.text) + "\n"
    }
}

extension BatchReader {
    /// What was kept of a job's answer, where it is not complete.
    func partial(of job: JobRecord) throws -> StoredPartial? {
        guard job.status != .completed, job.status != .pending else { return nil }
        return try attempts(ofJob: job.id).kept(ofRequest: job.requestSHA256)
    }
}

/// A line of `results`: a job with its answer, its error, or its partial text.
enum ResultLine {
    /// The line of a job; `partial` is what was kept of one that is not complete.
    static func json(_ result: JobResult, partial: StoredPartial?) -> JSON {
        let job = result.job
        var object = JSONObject()
        object["id"] = .string(job.customID)
        object["status"] = .string(job.status.rawValue)
        object["provider"] = .string(job.provider)
        object["model"] = .string(result.completions.first?.model ?? job.model)
        if let first = result.completions.first {
            object = object.merging(answer(first))
            object["usage"] = usage(first)
            object["cost_usd"] = first.costUSD.map(JSON.double)
            object["ttft_us"] = first.firstChunkMicroseconds.map { .int(Int($0)) }
            object["duration_us"] = first.durationMicroseconds.map { .int(Int($0)) }
            object["segments"] = .int(first.segments)
            object["copied_from"] = first.copiedFrom.map(JSON.string)
            if result.completions.count > 1 {
                object["choices"] = .array(result.completions.map { .object(answer($0)) })
            }
        } else {
            object["ttft_us"] = result.firstChunkMicroseconds.map { .int(Int($0)) }
            object["duration_us"] = result.durationMicroseconds.map { .int(Int($0)) }
        }
        if job.status != .completed, let kind = job.errorKind {
            var error: JSONObject = JSONObject()
            error["kind"] = .string(kind)
            error["message"] = .string(job.error ?? "")
            error["http_status"] = result.httpStatus.map(JSON.int)
            error["request_id"] = result.requestID.map(JSON.string)
            object["error"] = .object(error)
        }
        if let partial {
            object["partial"] = .string(partial.answer.text)
            if partial.answer.choices.count > 1 || partial.answer.choices.contains(where: \.isMoreThanText) {
                object["partial_choices"] = partial.answer.json["choices"]
            }
        }
        object["metadata"] = job.metadata.flatMap(JSON.parsed)
        object["source"] = .string(job.source)
        object["line"] = job.line.map(JSON.int) ?? .null
        if let sample = job.sample {
            object["base_id"] = .string(job.baseID)
            object["sample"] = .int(sample)
        }
        return .object(object)
    }

    /// What stands in the place of a job for a line of the input that was left out: the same members say why.
    static func json(rejectedLine line: Int, reason: String) -> JSON {
        var error = JSONObject()
        error["kind"] = .string(ErrorKind.invalidRequest.rawValue)
        error["message"] = .string(reason)
        var object = JSONObject()
        object["line"] = .int(line)
        object["error"] = .object(error)
        return .object(object)
    }

    /// The members of one answer.
    static func answer(_ completion: StoredCompletion) -> JSONObject {
        var object = JSONObject()
        object["content"] = .string(completion.content)
        object["reasoning"] = completion.reasoning.map(JSON.string)
        object["refusal"] = completion.refusal.map(JSON.string)
        object["tool_calls"] = completion.toolCalls.flatMap(JSON.parsed)
        object["finish_reason"] = .string(completion.finishReason.rawValue)
        object["check"] = (completion.check?.rawValue).map(JSON.string)
        object["check_report"] = completion.checkReport.flatMap(JSON.parsed)
        return object
    }

    static func usage(_ completion: StoredCompletion) -> JSON {
        var usage = JSONObject()
        usage["prompt_tokens"] = completion.promptTokens.map(JSON.int)
        usage["completion_tokens"] = completion.completionTokens.map(JSON.int)
        usage["total_tokens"] = completion.totalTokens.map(JSON.int)
        usage["cached_tokens"] = completion.cachedTokens.map(JSON.int)
        usage["reasoning_tokens"] = completion.reasoningTokens.map(JSON.int)
        usage["source"] = .string(completion.usageSource.rawValue)
        return .object(usage)
    }
}

extension PartialAnswer.Choice {
    /// Whether there is something beside the text.
    fileprivate var isMoreThanText: Bool { !reasoning.isEmpty || !refusal.isEmpty || !toolCalls.isEmpty }
}

/// Contents for a reader, each under a line with its job's id, as `head` and `tail` tell files apart.
enum ResultText {
    /// The answers of a job, its partial texts, or its error, and an empty line.
    static func text(_ result: JobResult, partial: StoredPartial?, isForTerminal: Bool) -> String {
        let job = result.job
        var parts: [(title: String, text: String)] = []
        if !result.completions.isEmpty {
            parts = result.completions.map { completion in
                (result.completions.count > 1 ? " · answer \(completion.choice)" : "", content(completion))
            }
        } else {
            let choices = partial?.answer.choices ?? []
            parts = choices.map { choice in
                (" · \(job.status.rawValue)" + (choices.count > 1 ? " · answer \(choice.index)" : ""), choice.text)
            }
            if parts.isEmpty || job.status == .failed {
                let error = job.error.map { "\(job.errorKind ?? "error"): \($0)" } ?? "no answer yet"
                parts.append((" · \(job.status.rawValue)", error))
            }
        }
        return parts.map { part in
            let text = isForTerminal ? TerminalText.safe(part.text) : part.text
            // An id may hold anything; it must not look like two lines.
            let title = TerminalText.line(job.customID, limit: 256) + part.title
            return "==> \(title) <==\n\(text)\(text.hasSuffix("\n") ? "" : "\n")\n"
        }.joined()
    }

    private static func content(_ completion: StoredCompletion) -> String {
        var texts = [completion.content, completion.refusal ?? ""].filter { !$0.isEmpty }
        for call in completion.toolCalls.flatMap(JSON.parsed)?.array ?? [] {
            let name = call["function"]?["name"]?.string ?? ""
            texts.append("tool call \(name) \(call["function"]?["arguments"]?.string ?? "")")
        }
        return texts.joined(separator: "\n")
    }
}
