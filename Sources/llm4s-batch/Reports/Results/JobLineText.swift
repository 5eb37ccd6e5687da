import BatchEngine
import BatchStore
import LLMStreaming

/// A stored job as a line of a job file, which `run` takes as the same job: the same id and the same request.
enum JobLineText {
    /// The line of a job whose request was read.
    ///
    /// - Throws: kind `invalid_request` where the stored request is none; only a database that others wrote to has such.
    static func json(_ result: JobResult) throws(LLMError) -> JSON {
        let job = result.job
        guard let request = result.request.flatMap(JSON.parsed)?.object else {
            throw LLMError(.invalidRequest, "the stored request of job '\(job.customID)' cannot be read")
        }
        var line = JSONObject()
        if isBatch(request) {
            line["custom_id"] = .string(job.customID)
            if usualProvider(of: request) != job.provider { line["provider"] = .string(job.provider) }
            // Other readers of such files want it.
            if request["url"] != nil { line["method"] = "POST" }
            line = line.merging(request)
            line["metadata"] = job.metadata.flatMap(JSON.parsed)
            line["check"] = result.check.flatMap(JSON.parsed)
            return .object(line)
        }
        line["id"] = .string(job.customID)
        line["model"] = .string("\(job.provider)/\(job.model)")
        line = line.merging(request)
        line["metadata"] = job.metadata.flatMap(JSON.parsed)
        line["check"] = result.check.flatMap(JSON.parsed)
        return .object(line)
    }

    /// The provider that a batch line goes to where neither it nor `--provider` names one: a file for that one stays as
    /// it reads it itself.
    private static func usualProvider(of request: JSONObject) -> String {
        if request["params"] != nil { return "anthropic" }
        return request["url"]?.string.map(BatchURL.usualProvider) ?? "mistral"
    }

    private static func isBatch(_ request: JSONObject) -> Bool {
        request["body"]?.object != nil || request["params"]?.object != nil
    }
}
