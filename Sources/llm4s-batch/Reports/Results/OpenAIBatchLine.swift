import BatchEngine
import BatchStore
import LLMStreaming

/// A line of an output file of OpenAI's Batch API (Provider facts, "Batch files"): the response with its body, or the error.
enum OpenAIBatchLine {
    /// The line of a job.
    static func json(_ result: JobResult) -> JSON {
        let job = result.job
        var line = JSONObject()
        line["id"] = .string("batch_req_\(job.id)")
        line["custom_id"] = .string(job.customID)
        var response: JSON = .null
        var error: JSON = .null
        if !result.completions.isEmpty {
            response = self.response(result, status: 200, body: body(result))
        } else if job.status == .failed, let status = result.httpStatus, status >= 400 {
            response = self.response(result, status: status, body: ["error": .object(providerError(result))])
        } else {
            error = ["code": .string(code(job)), "message": .string(job.error ?? "the request has not been answered")]
        }
        line["response"] = response
        line["error"] = error
        return .object(line)
    }

    private static func response(_ result: JobResult, status: Int, body: JSON) -> JSON {
        [
            "status_code": .int(status), "request_id": .string(result.requestID ?? "req_\(result.job.id)"),
            "body": body,
        ]
    }

    private static func body(_ result: JobResult) -> JSON {
        if let output = result.completions.first.flatMap({ JSON.parsed($0.message)?.array }) {
            return ResponseBody.json(result, output: output)
        }
        return ChatCompletionBody.json(result)
    }

    private static func providerError(_ result: JobResult) -> JSONObject {
        var error = JSONObject()
        error["message"] = .string(result.job.error ?? "")
        error["type"] = .string((result.httpStatus ?? 0) < 500 ? "invalid_request_error" : "server_error")
        error["param"] = .null
        error["code"] = .string(result.errorCode ?? result.job.errorKind ?? "error")
        return error
    }

    /// OpenAI's own words for requests that were not run; else our kind of error.
    private static func code(_ job: JobRecord) -> String {
        switch job.status {
        case .cancelled: "batch_cancelled"
        case .pending, .running, .interrupted: "batch_expired"
        case .failed, .completed: job.errorKind ?? "error"
        }
    }
}

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
