public import LLMStreaming

/// An answer that is a value of a type: it fits its schema and is decoded.
///
/// ```swift
/// struct Answer: Decodable { let city: String }
/// let schema: JSON = [
///     "type": "object", "additionalProperties": false, "required": ["city"],
///     "properties": ["city": ["type": "string"]],
/// ]
/// let answer = try await client.complete(conversation, as: Answer.self, schema: schema)
/// print(answer.value.city, answer.completion.usage?.completionTokens ?? 0)
/// for wrong in answer.rejected { print("asked again, since \(wrong.error.message)") }
/// ```
public struct CheckedAnswer<Value: Sendable>: Sendable {
    /// The value.
    public var value: Value
    /// The answer that it was decoded from; its usage is its own, without that of the answers before it.
    ///
    /// Its `content` is the value's JSON text, without what was taken off around it; the choice's `message` is as the
    /// model wrote it.
    public var completion: Completion
    /// What was taken off around the value, `a code fence` or `thinking tags`; empty where it was nothing.
    public var takenOff: [String]
    /// The answers before it that were not taken, oldest first.
    public var rejected: [RejectedCompletion]
}
