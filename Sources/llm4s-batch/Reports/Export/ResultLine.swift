import BatchEngine
import BatchStore
import LLMStreaming

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
            if result.completions.count > 1 {
                object["choices"] = .array(result.completions.map { .object(answer($0)) })
            }
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
        return object
    }

    private static func usage(_ completion: StoredCompletion) -> JSON {
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
