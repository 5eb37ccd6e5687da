import JSONSchema
package import LLMStreaming

/// A check, compiled for one request: with its schema and its tools.
package final class CompiledCheck: Sendable {
    /// What is checked.
    package let check: AnswerCheck
    let schema: JSONSchema?
    let tools: AskedTools?
    let regex: ECMARegex?

    /// Compiles a check for the answers to a request.
    ///
    /// - Throws: what the check refers to and the request does not have, and what does not compile.
    package convenience init(_ check: AnswerCheck, for content: RequestContent) throws(CheckFault) {
        try self.init(check, Referred(by: check, in: content))
    }

    /// Compiles the check that a content fits a schema, and nothing else.
    ///
    /// - Throws: why the document is no schema, in words that name no member of a job line.
    package init(schema document: JSON) throws(CheckFault) {
        if CheckReader.isFormat(document) { throw CheckFault(reasons: [CheckReader.formatFault]) }
        do { schema = try JSONSchema(document) } catch { throw CheckFault(reasons: ["\(error)"]) }
        check = AnswerCheck(schema: .given(document))
        (tools, regex) = (nil, nil)
    }

    /// What of a request a check refers to.
    struct Referred: Hashable {
        let schema: JSON?
        let tools: [JSON]

        init(by check: AnswerCheck, in content: RequestContent) {
            schema = check.schema == .responseFormat ? AskedFormat.schema(of: content) : JSON?.none
            tools = check.checksTools ? AskedTools.list(of: content) : []
        }
    }

    init(_ check: AnswerCheck, _ referred: Referred) throws(CheckFault) {
        var reasons: [String] = []
        var schema: JSONSchema?
        var tools: AskedTools?
        var regex: ECMARegex?
        let document: JSON? = if case .given(let given) = check.schema { given } else { referred.schema }
        if let document {
            let isGiven = check.schema != .responseFormat
            let place = isGiven ? CheckReader.Name.jsonSchema.place : "check \"response_format\""
            do { schema = try JSONSchema(document) } catch { reasons.append("\(place): \(error)") }
        } else if check.schema != nil {
            reasons.append("check \"response_format\": the request asks for no form that has a schema")
        }
        if check.checksTools {
            do { tools = try AskedTools(referred.tools) } catch { reasons += error.reasons }
        }
        if let pattern = check.regex {
            do { regex = try ECMARegex(pattern) } catch {
                reasons.append("\(CheckReader.Name.regex.place): \(error)")
            }
        }
        guard reasons.isEmpty else { throw CheckFault(reasons: reasons) }
        self.check = check
        (self.schema, self.tools, self.regex) = (schema, tools, regex)
    }

    /// Whether any part of it can stop a stream early.
    package var isStreamed: Bool { tools != nil || watchesText }

    /// Whether text can show that no right answer comes.
    ///
    /// Where tools are checked it cannot: a call may follow any text, and the answer is then judged by its calls.
    var watchesText: Bool {
        tools == nil && (schema != nil || check.maximumCharacters != nil || regex?.start != nil)
    }
}
