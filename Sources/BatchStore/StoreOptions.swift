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
    /// The providers that begin every continuation with the text that was sent along: what a dead worker's attempt
    /// brought is joined accordingly.
    package var echoingProviders: Set<String> = []
    package var chunks = ChunkRetention.all
    package var queue = WriteQueueLimits()
    /// The WAL is checkpointed when it has so many bytes; a quarter of it where commits are not synced.
    package var checkpointBytes = 64 << 20
    /// Where commits are not synced: a power failure takes back no more than what came since so long ago.
    package var longestUnsynced: Duration = .seconds(60)
    /// The WAL is warned of when it has so many bytes.
    package var logWarningBytes = 1 << 30
    /// How long another process may hold the write lock before it is told of.
    package var lockPatience: Duration = .seconds(5)
    /// How long closing waits for readers that keep the WAL from being emptied.
    package var closingPatience: Duration = .seconds(2)
    /// Told what a user should know, from any thread.
    package var warn: @Sendable (String) -> Void = { _ in }
    /// Told of each commit of queued writes, from the writer's thread.
    package var didCommit: (@Sendable (CommitReport) -> Void)?
    /// Told once when the store can take no more, from the writer's thread.
    package var didFail: @Sendable (StoreError) -> Void = { _ in }
    package var process = ProcessIdentity.current
    package var unixMilliseconds: @Sendable () -> Int64 = { WallClock.unixMilliseconds }
    /// The most bytes of a row, where it is to be less than what SQLite takes; set by tests only.
    package var maximumRowBytes: Int?
    /// The steps of the schema, replaced by tests only.
    package var migrations = BatchSchema.migrations

    package init() {}

    /// The bytes of WAL at which it is checkpointed.
    var checkpointThreshold: Int { durability == .normal ? checkpointBytes / 4 : checkpointBytes }

    /// The time of day that rows get, in Unix milliseconds.
    var now: Int64 { TimeOfDay.believed(unixMilliseconds()) }
}
