package import LLMStreaming

/// What a right answer is: the object `check` of a job line (Contract, "Checked answers").
///
/// All parts that are set must hold, of every choice.
///
/// ```swift
/// let check = try AnswerCheck(["json_schema": ["type": "array"], "finish_reason": "stop"])
/// let compiled = try CompiledCheck(check, for: content)
/// print(compiled.judge(completion).reason)
/// ```
package struct AnswerCheck: Sendable, Hashable {
    /// The JSON Schema that the content fits.
    package enum Schema: Sendable, Hashable {
        /// This one.
        case given(JSON)
        /// The one that the request sends to the provider anyway.
        case responseFormat
    }

    /// The schema of the content; nil where it need not be JSON.
    package var schema: Schema?
    /// Whether each tool call is of a tool of the request, and its arguments fit the tool's parameters.
    package var checksTools: Bool
    /// A regular expression of ECMA 262 that matches somewhere in the content.
    package var regex: String?
    /// The fewest characters (Unicode scalars) of the content, from 0.
    package var minimumCharacters: Int?
    /// The most characters (Unicode scalars) of the content, from 1.
    package var maximumCharacters: Int?
    /// The finish reasons that are right, one at least.
    package var finishReasons: [FinishReason]?

    /// A check of these parts, of which nothing is looked at.
    package init(
        schema: Schema? = nil, checksTools: Bool = false, regex: String? = nil, minimumCharacters: Int? = nil,
        maximumCharacters: Int? = nil, finishReasons: [FinishReason]? = nil
    ) {
        self.schema = schema
        self.checksTools = checksTools
        self.regex = regex
        self.minimumCharacters = minimumCharacters
        self.maximumCharacters = maximumCharacters
        self.finishReasons = finishReasons
    }

    /// Reads the member `check`: an object, or the short form `"response_format"` or `"tools"`.
    ///
    /// - Throws: all that is wrong with it. That its schema and its regular expression compile is looked at too.
    package init(_ json: JSON) throws(CheckFault) {
        var reader = CheckReader()
        self = reader.read(json)
        if !reader.reasons.isEmpty { throw CheckFault(reasons: reader.reasons) }
    }

    /// The check as a job line has it, in one form of those that mean the same: reading it gives this check again.
    package var json: JSON {
        if self == AnswerCheck(schema: .responseFormat) { return .string(CheckReader.responseFormat) }
        if self == AnswerCheck(checksTools: true) { return .string(CheckReader.Name.tools.rawValue) }
        var object = JSONObject()
        func set(_ name: CheckReader.Name, _ value: JSON?) { object[name.rawValue] = value }
        switch schema {
        case .given(let document): set(.jsonSchema, document)
        case .responseFormat: set(.jsonSchema, .string(CheckReader.responseFormat))
        case nil: break
        }
        if checksTools { set(.tools, true) }
        set(.regex, regex.map(JSON.string))
        set(.minChars, minimumCharacters.map(JSON.int))
        set(.maxChars, maximumCharacters.map(JSON.int))
        set(.finishReason, finishReasons.map { .array($0.map { .string($0.rawValue) }) })
        return .object(object)
    }
}

/// Why a check cannot be made: each reason in words of its own, which name the member.
package struct CheckFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, one at least.
    package var reasons: [String]

    package init(reasons: [String]) { self.reasons = reasons }

    package var description: String { reasons.joined(separator: "; ") }
}
