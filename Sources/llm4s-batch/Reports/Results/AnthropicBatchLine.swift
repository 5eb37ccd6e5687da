import BatchEngine
import BatchStore
import LLMStreaming

/// A line of a results file of Anthropic's Message Batches (Provider facts, "Batch files").
enum AnthropicBatchLine {
    /// The line of a job.
    ///
    /// - Throws: kind `invalid_request` for a job with several answers, which no message can hold.
    static func json(_ result: JobResult) throws(LLMError) -> JSON {
        ["custom_id": .string(result.job.customID), "result": try self.result(result)]
    }

    private static func result(_ result: JobResult) throws(LLMError) -> JSON {
        switch result.job.status {
        case .completed:
            guard result.completions.count == 1, let completion = result.completions.first else {
                throw LLMError(
                    .invalidRequest,
                    "job \(result.job.customID) has \(result.completions.count) answers, and a message holds one; "
                        + "give --format openai-batch, csv or jsonl")
            }
            return ["type": "succeeded", "message": MessageBody.json(completion, of: result.job)]
        case .failed:
            var error = JSONObject([.init(key: "type", value: "error")])
            error["error"] = [
                "type": .string(type(of: result.job.errorKind.flatMap(ErrorKind.init))),
                "message": .string(result.job.error ?? ""),
            ]
            error["request_id"] = result.requestID.map(JSON.string) ?? .null
            return ["type": "errored", "error": .object(error)]
        case .cancelled: return ["type": "canceled"]
        case .pending, .running, .interrupted: return ["type": "expired"]
        }
    }

    /// Anthropic's word for a kind of error.
    private static func type(of kind: ErrorKind?) -> String {
        switch kind {
        case .auth: "authentication_error"
        case .quota: "billing_error"
        case .permission: "permission_error"
        case .notFound: "not_found_error"
        case .rateLimit: "rate_limit_error"
        case .overloaded: "overloaded_error"
        case .invalidRequest, .contentPolicy, .contextLength: "invalid_request_error"
        case .timeoutConnect, .timeoutFirstToken, .timeoutIdle, .timeoutStall, .timeoutJob, .timeoutCheck:
            "timeout_error"
        case .dns, .connect, .tls, .proxy, .cut, .server, .decode, .oversizedEvent, .oversizedCompletion, .redirect,
            .outage, .invalidAnswer, .repetition, .cancelled, nil:
            "api_error"
        }
    }
}

/// An answer as a whole message of Anthropic's, whatever dialect it came in.
enum MessageBody {
    /// The message of an answer.
    static func json(_ completion: StoredCompletion, of job: JobRecord) -> JSON {
        var message = JSONObject()
        message["id"] = .string(completion.responseID ?? "msg_\(job.id)")
        message["type"] = "message"
        message["role"] = "assistant"
        message["model"] = .string(completion.model ?? job.model)
        message["content"] = .array(JSON.parsed(completion.message)?["content"]?.array ?? blocks(completion))
        message["stop_reason"] = .string(stopReason(completion))
        message["stop_sequence"] = .null
        message["usage"] = usage(completion)
        return .object(message)
    }

    /// The content blocks of an answer that came in another dialect.
    private static func blocks(_ completion: StoredCompletion) -> [JSON] {
        var blocks: [JSON] = []
        if let reasoning = completion.reasoning {
            blocks.append(["type": "thinking", "thinking": .string(reasoning), "signature": ""])
        }
        let text = completion.content.isEmpty ? completion.refusal ?? "" : completion.content
        if !text.isEmpty { blocks.append(["type": "text", "text": .string(text)]) }
        for call in completion.toolCalls.flatMap(JSON.parsed)?.array ?? [] {
            let arguments = call["function"]?["arguments"]?.string ?? ""
            blocks.append([
                "type": "tool_use", "id": call["id"] ?? "", "name": call["function"]?["name"] ?? "",
                "input": (try? JSONParser.parse(Array(arguments.utf8)))
                    .flatMap { $0.object == nil ? nil : $0 } ?? ["arguments": .string(arguments)],
            ])
        }
        return blocks
    }

    private static let stopReasons: Set<String> = [
        "end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal",
        "model_context_window_exceeded",
    ]

    private static func stopReason(_ completion: StoredCompletion) -> String {
        if let native = completion.nativeFinishReason, stopReasons.contains(native) { return native }
        return switch completion.finishReason {
        case .stop, .unknown: "end_turn"
        case .length: "max_tokens"
        case .toolCalls: "tool_use"
        case .contentFilter, .refusal: "refusal"
        }
    }

    /// The provider's own report with the tokens of the final text, or one made from the counts; the form has no way
    /// to say that a count is not known, and 0 stands for it.
    private static func usage(_ completion: StoredCompletion) -> JSON {
        if var usage = completion.usage.flatMap(JSON.parsed)?.object, usage["input_tokens"]?.int != nil,
            usage["cache_read_input_tokens"] != nil || usage["total_tokens"] == nil
        {
            if TokenUsage(raw: usage).promptTokens != completion.promptTokens, let prompt = completion.promptTokens {
                // The report is of a continuation, whose prompt held the kept text.
                let cached = completion.cachedTokens ?? 0
                let created = min(completion.cacheCreationTokens ?? 0, max(0, prompt - cached))
                usage["input_tokens"] = .int(max(0, prompt - cached - created))
                if usage["cache_read_input_tokens"] != nil { usage["cache_read_input_tokens"] = .int(cached) }
                if usage["cache_creation_input_tokens"] != nil { usage["cache_creation_input_tokens"] = .int(created) }
            }
            usage["output_tokens"] = completion.completionTokens.map(JSON.int) ?? usage["output_tokens"] ?? 0
            return .object(usage)
        }
        let cached = completion.cachedTokens ?? 0
        let created = completion.cacheCreationTokens ?? 0
        return [
            "input_tokens": .int(max(0, (completion.promptTokens ?? 0) - cached - created)),
            "cache_creation_input_tokens": .int(created), "cache_read_input_tokens": .int(cached),
            "output_tokens": .int(completion.completionTokens ?? 0),
        ]
    }
}
