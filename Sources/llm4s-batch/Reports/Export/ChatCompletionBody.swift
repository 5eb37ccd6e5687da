import BatchStore
import LLMStreaming

/// Answers as a whole `chat.completion` of OpenAI's, whatever dialect they came in.
enum ChatCompletionBody {
    /// The completion of a job that has answers.
    static func json(_ result: JobResult) -> JSON {
        let first = result.completions.first
        var body = JSONObject()
        body["id"] = .string(first?.responseID ?? "chatcmpl-\(result.job.id)")
        body["object"] = "chat.completion"
        body["created"] = .int(Int((first?.createdMilliseconds ?? 0) / 1000))
        body["model"] = .string(first?.model ?? result.job.model)
        body["choices"] = .array(
            result.completions.map { completion in
                [
                    "index": .int(completion.choice), "message": .object(message(completion)), "logprobs": .null,
                    "finish_reason": .string(finishReason(completion.finishReason)),
                ]
            })
        body["usage"] = first.flatMap(usage)
        return .object(body)
    }

    /// The message as the provider would want it back, or made from the answer where it came in another dialect.
    private static func message(_ completion: StoredCompletion) -> JSONObject {
        let stored = JSON.parsed(completion.message)?.object ?? JSONObject()
        var message = JSONObject([.init(key: "role", value: "assistant")])
        let hasText = !completion.content.isEmpty || completion.toolCalls == nil && completion.refusal == nil
        message["content"] = hasText ? .string(completion.content) : .null
        message["refusal"] = completion.refusal.map(JSON.string) ?? .null
        message["tool_calls"] = completion.toolCalls.flatMap(JSON.parsed)
        message["reasoning_content"] = completion.reasoning.map(JSON.string)
        for name in ["reasoning_details", "audio", "images"] { message[name] = stored[name] }
        return message
    }

    private static func finishReason(_ reason: FinishReason) -> String {
        switch reason {
        case .stop, .unknown: "stop"
        case .length: "length"
        case .toolCalls: "tool_calls"
        case .contentFilter, .refusal: "content_filter"
        }
    }

    /// The tokens of the final text; nil where they are not known, which is not 0.
    private static func usage(_ completion: StoredCompletion) -> JSON? {
        guard let prompt = completion.promptTokens, let answer = completion.completionTokens else { return nil }
        var usage = JSONObject()
        usage["prompt_tokens"] = .int(prompt)
        usage["completion_tokens"] = .int(answer)
        usage["total_tokens"] = .int(completion.totalTokens ?? prompt + answer)
        if let cached = completion.cachedTokens { usage["prompt_tokens_details"] = ["cached_tokens": .int(cached)] }
        if let reasoning = completion.reasoningTokens {
            usage["completion_tokens_details"] = ["reasoning_tokens": .int(reasoning)]
        }
        return .object(usage)
    }
}
