import BatchEngine
import BatchStore
import LLMStreaming
import Synchronization

/// Writes what each second of a run brought: the table `run_seconds`.
final class SecondRecorder: Sendable {
    private let database: BatchDatabase
    private let runID: Int64
    private let last = Mutex<(snapshot: RunSnapshot, second: Int64)>((RunSnapshot(), 0))

    init(database: BatchDatabase, runID: Int64) {
        self.database = database
        self.runID = runID
    }

    /// Queues the row of the second that ends now.
    func record(_ snapshot: RunSnapshot) {
        let now = UnixTime.milliseconds / 1000
        let row = last.withLock { last -> RunSecond? in
            // A second has one row; what a late call would add to it comes with the next.
            guard now > last.second else { return nil }
            defer { last = (snapshot, now) }
            return RunSecond(
                runID: runID, second: now, chunks: snapshot.chunks - last.snapshot.chunks,
                outputTokens: snapshot.completionTokens - last.snapshot.completionTokens,
                completed: snapshot.completed - last.snapshot.completed, failed: snapshot.failed - last.snapshot.failed,
                running: snapshot.running, waiting: snapshot.waiting,
                waits: snapshot.waits.isEmpty ? nil : snapshot.waitsJSON.text)
        }
        if let row { database.record(row) }
    }
}
