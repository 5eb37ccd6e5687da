public import Foundation

/// What is made of answers that must be a value of a type.
///
/// ```swift
/// var checking = CheckingOptions()
/// checking.onInvalid = .ask
/// checking.decoder.dateDecodingStrategy = .iso8601
/// ```
public struct CheckingOptions: Sendable {
    /// What follows an answer that is not right.
    public enum OnInvalid: Sendable, Hashable {
        /// The same request once more: with temperature 0 or none, and no seed, one time at most, since the answer will
        /// be the same.
        case again
        /// The conversation with that answer, and a message that names its faults.
        case ask
    }

    /// What follows an answer that is not right.
    public var onInvalid: OnInvalid
    /// The most answers in all, right and wrong; less than 1 counts as 1.
    public var maximumAnswers: Int
    /// Whether the provider is told to keep to the schema strictly (`strict`), where its form has the word.
    ///
    /// OpenAI constrains the model only then, and refuses a schema with an object that has optional members or lets
    /// others in. It has no effect where the call's options say themselves what form the answer has.
    public var isStrict: Bool
    /// What makes the value of the JSON text; a reference, which copies of these options share.
    public var decoder: JSONDecoder
    /// Called for each answer that is not taken, before the next is asked for or the call fails.
    ///
    /// What it used is paid; the pieces of another answer follow.
    public var onRejected: @Sendable (RejectedCompletion) -> Void

    /// Options; by default the same request is sent again until there were three answers, or two where the same request
    /// brings the same answer.
    public init(
        onInvalid: OnInvalid = .again, maximumAnswers: Int = 3, isStrict: Bool = false,
        decoder: JSONDecoder = JSONDecoder(), onRejected: @escaping @Sendable (RejectedCompletion) -> Void = { _ in }
    ) {
        self.onRejected = onRejected
        self.onInvalid = onInvalid
        self.maximumAnswers = maximumAnswers
        self.isStrict = isStrict
        self.decoder = decoder
    }
}
