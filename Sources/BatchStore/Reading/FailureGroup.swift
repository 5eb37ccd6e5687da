/// Failed jobs that failed for the same kind of reason, and one of them.
package struct FailureGroup: Sendable, Equatable {
    /// The word of the error's kind.
    package var kind: String
    package var count: Int
    /// The job that was stored first: its id, its place, and its error in words.
    package var customID: String
    package var source: String
    package var line: Int?
    package var error: String
}
