import BatchEngine
import BatchStore
import LLMStreaming

/// A line of a results file of Anthropic's Message Batches (WIRE.md 7).
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
        case .timeoutConnect, .timeoutFirstToken, .timeoutIdle, .timeoutStall, .timeoutJob: "timeout_error"
        case .dns, .connect, .tls, .proxy, .cut, .server, .decode, .oversizedEvent, .oversizedCompletion, .redirect,
            .outage, .cancelled, nil:
            "api_error"
        }
    }
}
