/// Where a batch stands: what the command `status` shows.
package struct StatusSummary: Sendable, Equatable {
    /// Jobs of a provider that wait for another try for the same reason.
    package struct Waiting: Sendable, Equatable {
        package var provider: String
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
    /// What completed answers cost in US dollars, as far as that is known; nil where it is of none.
    package var costUSD: Double?
    /// Output tokens that were likely billed for completed answers and are not in them.
    package var wastedTokens = 0
    /// Attempts that went on from kept text, and the output tokens that they did not make again.
    package var resumedAttempts = 0
    package var savedTokens = 0
    /// Answers that are joined from pieces, by the number of pieces.
    package var joinedAnswers: [Int: Int] = [:]
}
