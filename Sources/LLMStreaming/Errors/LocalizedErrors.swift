public import Foundation
public import ServerSentEvents

// What a program shows as `localizedDescription` is the sentence, not the name of a type and a number.

extension LLMError: LocalizedError {
    /// Kind and message in a line: `description`.
    public var errorDescription: String? { description }
}

extension ConfigurationError: LocalizedError {
    /// What is wrong and what to do about it: `description`.
    public var errorDescription: String? { description }
}

extension SSEError: LocalizedError {
    /// What happened: `description`.
    public var errorDescription: String? { description }
}
