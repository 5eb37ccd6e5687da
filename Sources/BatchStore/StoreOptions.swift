import BatchEngine
package import SystemCalls

/// How a worker keeps its database.
package struct StoreOptions: Sendable {
    /// What is on disk after a commit.
    package enum Durability: String, Sendable, CaseIterable {
        /// Everything: what was counted survives a power failure.
        case full
        /// Everything until the last checkpoint, which comes each minute and each 16 MiB at the latest, unless a reader
        /// holds it up; a crash of the process alone loses nothing.
        case normal
    }

    /// Which chunks stay.
    package enum ChunkRetention: String, Sendable, CaseIterable {
        /// All of them.
        case all
        /// Those of open attempts, and what came since the oldest of them began.
        case partial
        /// None; no partial text survives kill -9.
        case none
    }

    package var durability = Durability.full
    /// The providers that begin every continuation with the text that was sent along; what a dead worker's attempt
    /// brought is joined accordingly.
    package var echoingProviders: Set<String> = []
    package var chunks = ChunkRetention.all
    package var queue = WriteQueueLimits()
    /// The bytes at which the WAL is checkpointed; a quarter of them where commits are not synced.
    package var checkpointBytes = 64 << 20
    /// Where commits are not synced: a power failure takes back what came within this time at the most.
    package var longestUnsynced: Duration = .seconds(60)
    /// The bytes of WAL at which the user is warned.
    package var logWarningBytes = 1 << 30
    /// Whether this process reads the database at length itself: parts for a shared folder are made of it.
    package var isPublished = false
    /// How long another worker is waited for when the database is opened.
    package var workerTimeout: Duration = .zero
    /// How long another process may hold the write lock before the user is warned.
    package var lockPatience: Duration = .seconds(5)
    /// How long closing waits for readers that keep the WAL from being emptied.
    package var closingPatience: Duration = .seconds(2)
    /// Called with what a user should know, from any thread.
    package var warn: @Sendable (String) -> Void = { _ in }
    /// Called after each commit of queued writes, from the writer's thread.
    package var didCommit: (@Sendable (CommitReport) -> Void)?
    /// Called once when the store fails, from the writer's thread.
    package var didFail: @Sendable (StoreError) -> Void = { _ in }
    /// Before each further attempt to read a part of a shared folder whose disk fails.
    package var readPauses: [Duration] = [.seconds(1), .seconds(5)]
    package var process = ProcessIdentity.current
    package var unixMilliseconds: @Sendable () -> Int64 = { WallClock.unixMilliseconds }
    /// The most bytes of a row, where it is less than SQLite's own limit; set by tests only.
    package var maximumRowBytes: Int?
    /// The steps of the schema, replaced by tests only.
    package var migrations = BatchSchema.migrations

    package init() {}

    /// The bytes of WAL at which it is checkpointed.
    var checkpointThreshold: Int { durability == .normal ? checkpointBytes / 4 : checkpointBytes }

    /// The time of day that rows get, in Unix milliseconds.
    var now: Int64 { TimeOfDay.believed(unixMilliseconds()) }
}

/// When queued rows are committed, and how many may wait (The database, "Writing").
package struct WriteQueueLimits: Sendable, Equatable {
    /// The age of the oldest waiting row at which a commit starts.
    package var commitAge: Duration = .milliseconds(100)
    /// The waiting bytes at which a commit starts.
    package var commitBytes = 8 << 20
    /// The bytes that may wait or be written; there is no room for more.
    package var maximumBytes = 32 << 20

    package init() {}
}

/// What one commit of queued writes was, for measuring the store.
package struct CommitReport: Sendable {
    /// From the transaction's begin to COMMIT's return.
    package var duration: Duration
    /// The rows of `chunks` in it.
    package var chunks: Int
    /// The WAL's length after it.
    package var logBytes: Int
}
