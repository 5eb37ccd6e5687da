/// Failed jobs that failed with the same kind of error, HTTP status and message, and one of them.
package struct FailureGroup: Sendable, Equatable {
    /// The word of the error's kind.
    package var kind: String
    /// Of the last attempt's answer.
    package var httpStatus: Int?
    package var count: Int
    /// The job that was stored first: its id, its place, and its error in words.
    package var customID: String
    package var source: String
    package var line: Int?
    package var error: String
    /// Whether these are the others of their kind, of which only the number was looked at.
    package var isRest = false
}
