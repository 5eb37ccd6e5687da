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
    /// Whether a worker holds the database's lock; nil where that can't be told.
    package var isLocked: Bool?
    /// The tokens of completed answers.
    package var promptTokens: Int
    package var completionTokens: Int
    /// What completed answers cost in US dollars, as far as that is known; nil where it is of none.
    package var costUSD: Double?
    /// Answers whose cost is not known.
    package var unpriced = 0
    /// Output tokens that were likely billed for completed answers and are not in them.
    package var wastedTokens = 0
    /// Attempts that went on from kept text, and the output tokens that they did not make again.
    package var resumedAttempts = 0
    package var savedTokens = 0
    /// Answers that are joined from pieces, by the number of pieces.
    package var joinedAnswers: [Int: Int] = [:]

    /// What becomes of the newest run.
    package enum Worker: Sendable, Equatable {
        /// No run is under way.
        case none
        case working
        /// Its process lives and has written nothing for this long.
        case frozen(for: Duration)
        /// Its process died without an end.
        case dead

        /// Whether there is a process that may go on.
        package var isAlive: Bool {
            switch self {
            case .none, .dead: false
            case .working, .frozen: true
            }
        }
    }

    /// How long a worker may write no second until it counts as frozen.
    private static let patience = Duration.seconds(15)

    /// What becomes of the newest run, at a time in Unix milliseconds.
    package func worker(at now: Int64) -> Worker {
        guard let run, run.status == .running else { return .none }
        if isLocked == false { return .dead }
        let newest = max(run.startedMilliseconds, seconds.last.map { $0.second * 1000 } ?? 0)
        let silence = Duration.milliseconds(max(0, now - newest))
        return silence < Self.patience ? .working : .frozen(for: silence)
    }
}
