import BatchEngine
import BatchStore
import LLM4SBatch
import LLMStreaming

/// The figures of a report: those of the page, of the newest runs, with the slowest and some failed jobs; each list is told
/// with how many there are in all.
struct BatchReport {
    private static let mostRuns = 20
    private static let mostRows = 600
    private static let mostSlow = 50
    private static let mostFailed = 200
    /// The attempts that first tokens and errors over time are told of.
    private static let mostAttempts = 1_000_000

    let json: JSON

    /// Reads them.
    init(_ path: String, _ reader: BatchReader) async throws {
        let runs = try await reader.runs(limit: Self.mostRuns)
        // All attempts are looked at once, not once for each run.
        var steps: [Int64: Int] = [:]
        for run in runs { steps[run.id] = Self.step(of: run, until: try await reader.newestSecond(ofRun: run.id)) }
        let ends = try await reader.endedAttempts(ofRuns: steps, attempts: Self.mostAttempts)
        var stories: [JSON] = []
        for run in runs { stories.append(try await Self.json(run, steps[run.id] ?? 1, ends, reader)) }
        let status = try await StatusReading(path, reader, EndsSoFar())
        let statistics = try await reader.statistics()
        json = [
            "version": .string(Version.text), "now_ms": .int(Int(TimeOfDay.unixMilliseconds)),
            "database": .string(path),
            "status": status.json,
            "runs": .array(stories),
            "runs_total": .int(try await reader.runCount()),
            "slowest": .array(try await reader.slowestJobs(limit: Self.mostSlow).map(\.json)),
            // Those that have a time.
            "slowest_total": .int(statistics.models.reduce(0) { $0 + $1.duration.count }),
            "failed": .array(try await reader.failedJobs(limit: Self.mostFailed).map(\.json)),
            "failed_total": .int(status.failed),
            "stats": StatsReport(statistics: statistics).json,
        ]
    }

    /// The seconds of a stretch of a run, so long that there are not too many.
    private static func step(of run: RunRecord, until newest: Int64?) -> Int {
        let length = max(0, (newest ?? 0) - run.startedMilliseconds / 1000)
        return Int(min(86_400, length / Int64(mostRows) + 1))
    }

    private static func json(
        _ run: RunRecord, _ step: Int, _ ends: EndedAttempts, _ reader: BatchReader
    ) async throws -> JSON {
        var object = JSONObject()
        object["run_id"] = .int(Int(run.id))
        object["command"] = .string(run.command)
        object["status"] = .string(run.status.rawValue)
        object["started_ms"] = .int(Int(run.startedMilliseconds))
        object["finished_ms"] = run.finishedMilliseconds.map { .int(Int($0)) } ?? .null
        object["exit_code"] = run.exitCode.map(JSON.int) ?? .null
        object["stop_reason"] = run.stopReason.map(JSON.string) ?? .null
        object["host"] = .string(run.host)
        object["pid"] = .int(run.pid)
        var seconds = SecondsReport(
            page: try await reader.seconds(ofRun: run.id, step: step, limit: mostRows, ends: ends), step: step,
            now: TimeOfDay.unixMilliseconds)
        seconds.changes = try await reader.changes(ofRun: run.id)
        object["seconds"] = seconds.json
        return .object(object)
    }
}
