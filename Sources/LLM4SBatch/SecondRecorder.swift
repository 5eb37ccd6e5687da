package import BatchEngine
import BatchStore
package import LLMStreaming
import Synchronization
import SystemCalls

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
        let now = numbers.withLock { $0.second(after: elapsed, unixMilliseconds: TimeOfDay.unixMilliseconds) }
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
                waits: snapshot.waits.isEmpty ? nil : snapshot.waitsJSON.text,
                endpoints: snapshot.endpoints == last.snapshot.endpoints ? nil : snapshot.endpointsJSON.text)
        }
        if let row { database.record(row) }
    }
}

extension TimeOfDay {
    /// The system's, in Unix milliseconds.
    package static var unixMilliseconds: Int64 { believed(WallClock.unixMilliseconds) }
}

extension RunSnapshot {
    /// What jobs wait for, as `status` and programs read it.
    package var waitsJSON: JSON {
        .array(waits.map { JSON.object(JSONObject($0.members.map { .init(key: $0, value: $1) })) })
    }
}

extension RunWait {
    /// Its members as JSON.
    package var members: [(String, JSON)] {
        var members: [(String, JSON)] = [
            ("name", .string(name)), ("reason", .string(reason.text)),
            ("until_ms", untilMilliseconds.map { .int(Int($0)) } ?? .null),
        ]
        if untold > 0 { members.append(("untold", .int(untold))) }
        if isOfOneEndpoint { members.append(("of_one_endpoint", .bool(true))) }
        if let limit {
            members.append(("streams", .int(limit.streams)))
            members.append(("silent", .int(limit.silent)))
            members.append(("silent_s", .int(limit.silentSeconds)))
        }
        return members
    }
}
