package import LLMStreaming

/// What a stored request says: read by `run` and `resume` alike, so that both send the same bytes.
///
/// It accepts exactly what `JobLineParser` stores: the members of a native line that are not columns, `{"url", "body"}`
/// of an OpenAI batch line, `{"body"}` of a Mistral one or `{"params"}` of an Anthropic one.
package struct JobRequest: Sendable, Equatable {
    /// What the job asks of its model.
    package var content: RequestContent
    /// The line's own word on partial output; it goes before the option of the run.
    package var resume: ResumePolicy?

    init(content: RequestContent, resume: ResumePolicy? = nil) {
        self.content = content
        self.resume = resume
    }

    /// Reads a stored request.
    ///
    /// - Throws: `LLMError` of kind `invalid_request` where the bytes are none; only a database that others wrote to
    ///   has such.
    package init(stored bytes: [UInt8]) throws(LLMError) {
        do {
            self = try Self.read(JSONParser.parse(bytes))
        } catch let failure as JSONParser.Failure {
            throw LLMError(.invalidRequest, "the stored request is not JSON: \(failure)")
        } catch let faults as LineFaults {
            throw LLMError(.invalidRequest, "the stored request is none: \(faults.summary)")
        } catch {
            throw LLMError(.invalidRequest, "the stored request cannot be read: \(error)")
        }
    }

    private static func read(_ stored: JSON) throws -> JobRequest {
        var faults = LineFaults()
        guard let object = stored.object else { throw LLMError(.invalidRequest, "the stored request is no object") }
        if let params = object["params"]?.object { return JobRequest(content: .body(params, .anthropicMessages)) }
        if let body = object["body"]?.object {
            return JobRequest(content: .body(body, BatchURL.dialect(of: object["url"]?.string)))
        }
        let members = JobLineObject<LineField.Native>(object, at: .line, faults: &faults)
        let request = NativeReader.request(members, faults: &faults)
        guard faults.isEmpty else { throw faults }
        return request
    }
}
