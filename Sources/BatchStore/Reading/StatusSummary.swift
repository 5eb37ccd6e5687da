/// Where a batch stands: what the command `status` shows.
package struct StatusSummary: Sendable, Equatable {
    /// Jobs that wait for another try for the same reason.
    package struct Waiting: Sendable, Equatable {
        /// Why: the kind of their last error.
        package var errorKind: String?
        package var count: Int
        /// When the first of them is due, in Unix milliseconds.
        package var nextDueMilliseconds: Int64
    }

    package var counts: JobCounts
    package var waiting: [Waiting]
    /// The newest run; nil before the first.
    package var run: RunRecord?
    /// Its newest seconds, the newest last.
    package var seconds: [RunSecond]
    /// The tokens of completed answers.
    package var promptTokens: Int
    package var completionTokens: Int
}
