package import LLMStreaming

/// An answer that was not taken: its attempt failed with it, and nothing goes on from it.
package struct RejectedAnswer: Sendable, Equatable {
    /// The attempt that brought it.
    package var attemptID: Int64
    /// Why in kind: `invalid_answer` or `repetition`.
    package var kind: ErrorKind
    /// Which sort of it, in the words of `Code`; nil for none of them.
    package var code: String?
    /// Why, in words.
    package var reason: String
    /// What came of it; nil where nothing is stored.
    package var answer: PartialAnswer?
    /// Its output tokens, as reported or counted; nil where neither is known.
    package var completionTokens: Int?

    package init(
        attemptID: Int64, kind: ErrorKind, code: String? = nil, reason: String, answer: PartialAnswer? = nil,
        completionTokens: Int? = nil
    ) {
        self.attemptID = attemptID
        self.kind = kind
        self.code = code
        self.reason = reason
        self.answer = answer
        self.completionTokens = completionTokens
    }

    /// The words of `attempts.error_code` for answers that were not taken.
    package typealias Code = RejectionCode
}
