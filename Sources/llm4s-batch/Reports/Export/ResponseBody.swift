import BatchStore
import LLMStreaming

/// An answer of the Responses interface as a whole `response` of OpenAI's.
enum ResponseBody {
    /// The response of a job whose answer's output items are these.
    static func json(_ result: JobResult, output: [JSON]) -> JSON {
        let completion = result.completions.first
        let reason = incompleteReason(completion?.finishReason ?? .unknown)
        var body = JSONObject()
        body["id"] = .string(completion?.responseID ?? "resp_\(result.job.id)")
        body["object"] = "response"
        body["created_at"] = .int(Int((completion?.createdMilliseconds ?? 0) / 1000))
        body["status"] = reason == nil ? "completed" : "incomplete"
        body["error"] = .null
        body["incomplete_details"] = reason.map { ["reason": .string($0)] } ?? .null
        body["instructions"] = .null
        body["metadata"] = [:]
        body["model"] = .string(completion?.model ?? result.job.model)
        body["output"] = .array(output.enumerated().map { .object(item($1, number: $0, isIncomplete: reason != nil)) })
        body["parallel_tool_calls"] = true
        body["tool_choice"] = "auto"
        body["tools"] = []
        body["usage"] = completion.flatMap(usage)
        return .object(body)
    }

    private static func incompleteReason(_ reason: FinishReason) -> String? {
        switch reason {
        case .length: "max_output_tokens"
        case .contentFilter: "content_filter"
        case .stop, .toolCalls, .refusal, .unknown: nil
        }
    }

    /// The item with what every item of its type must have: compatible servers leave some of it out.
    private static func item(_ item: JSON, number: Int, isIncomplete: Bool) -> JSONObject {
        var item = item.object ?? JSONObject()
        func fill(_ key: String, _ value: JSON) {
            if item[key]?.isNull != false { item[key] = value }
        }
        switch item["type"]?.string {
        case "message":
            fill("id", .string("msg_\(number)"))
            fill("role", "assistant")
            fill("status", isIncomplete ? "incomplete" : "completed")
        case "reasoning":
            fill("id", .string("rs_\(number)"))
            fill("summary", [])
        case "function_call", "custom_tool_call":
            fill("call_id", .string("call_\(number)"))
        default: break
        }
        return item
    }

    private static func usage(_ completion: StoredCompletion) -> JSON? {
        guard let input = completion.promptTokens, let output = completion.completionTokens else { return nil }
        return [
            "input_tokens": .int(input),
            "input_tokens_details": [
                "cached_tokens": .int(completion.cachedTokens ?? 0),
                "cache_write_tokens": .int(completion.cacheCreationTokens ?? 0),
            ],
            "output_tokens": .int(output),
            "output_tokens_details": ["reasoning_tokens": .int(completion.reasoningTokens ?? 0)],
            "total_tokens": .int(completion.totalTokens ?? input + output),
        ]
    }
}
