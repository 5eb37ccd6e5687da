/// What one commit of queued writes was, for who measures the store.
package struct CommitReport: Sendable {
    /// From the transaction's begin to COMMIT's return.
    package var duration: Duration
    /// The rows of `chunks` in it.
    package var chunks: Int
    /// The WAL's length after it.
    package var logBytes: Int
}
