import BatchEngine
import BatchStore
import LLMStreaming

/// A line of an output file of OpenAI's Batch API (WIRE.md 7): the response with its body, or the error.
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
