import BatchEngine
import BatchStore
import LLMStreaming
import Synchronization

/// Writes what each second of a run brought: the table `run_seconds`.
final class SecondRecorder: Sendable {
    private let database: BatchDatabase
    private let runID: Int64
    private let start = ContinuousClock.now
    private let last = Mutex<(snapshot: RunSnapshot, second: Int64, tokens: Int)>((RunSnapshot(), 0, 0))
    private let numbers = Mutex(SecondNumbers())

    init(database: BatchDatabase, runID: Int64) {
        self.database = database
        self.runID = runID
    }

    /// Queues the row of the second that ends now.
    ///
    /// - Parameter isLast: whether no other follows.
    func record(_ snapshot: RunSnapshot, isLast: Bool) {
        let elapsed = start.duration(to: .now)
        let now = numbers.withLock { $0.second(after: elapsed, unixMilliseconds: UnixTime.milliseconds) }
        let row = last.withLock { last -> RunSecond? in
            // A second has one row; what a late call would add to it comes with the next, the last call's is added.
            guard now > last.second || isLast else { return nil }
            let second = max(now, last.second)
            // An estimate that was too high is made up for by what comes.
            let tokens = max(last.tokens, Int(snapshot.receivedTokens.clamped(to: 0...1e15)))
            defer { last = (snapshot, second, tokens) }
            return RunSecond(
                runID: runID, second: second, chunks: snapshot.chunks - last.snapshot.chunks,
                outputTokens: tokens - last.tokens,
                completed: snapshot.completed - last.snapshot.completed, failed: snapshot.failed - last.snapshot.failed,
                running: snapshot.running, waiting: snapshot.waiting,
                waits: snapshot.waits.isEmpty ? nil : snapshot.waitsJSON.text)
        }
        if let row { database.record(row) }
    }
}
