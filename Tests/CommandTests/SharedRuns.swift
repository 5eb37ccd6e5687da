import Foundation
import MockProvider
import Testing

@testable import BatchEngine

/// Runs of one input on what are to be several machines: each has a folder of its own, and all see one more.
final class SharedRuns: Sendable {
    let directory: TemporaryDirectory
    let server: MockServer
    /// The folder that all see.
    let folder: String
    let file: String

    /// - Parameter jobs: the lines of the input.
    init(_ jobs: [String], _ configuration: MockConfiguration = MockConfiguration()) async throws {
        directory = try TemporaryDirectory()
        server = try await MockServer.start(configuration)
        folder = directory.path("shared")
        file = try directory.writeJobs(jobs)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// The database of a machine.
    func database(_ machine: String) -> String { directory.path("\(machine)/jobs.db") }

    /// Starts a run on a machine that publishes often.
    ///
    /// - Parameter other: where, if not in the folder that all see.
    func start(
        _ machine: String, _ more: String..., command: [String]? = nil, every: String = "100ms", input: String? = nil,
        sharing other: String? = nil
    ) throws -> BatchProcess {
        let path = directory.url.appending(path: machine)
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        let command = command ?? ["run", file, "--db", database(machine)]
        return try BatchProcess(
            command + ["--base-url", server.baseURL, "--shared", other ?? folder, "--every", every] + more,
            directory: path, input: input)
    }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } }

    var parts: [PartName] { get throws { try names.compactMap(PartName.init) } }

    func path(_ part: PartName) -> String { "\(folder)/\(part.text)" }

    /// The ids of published jobs in a state; of a part that is just being written nothing.
    func published(_ status: String) -> Set<String> {
        let parts = (try? parts) ?? []
        return Set(
            parts.flatMap { part -> [String] in
                let query = "SELECT custom_id FROM jobs WHERE status = '\(status)'"
                return (try? SQLite.rows(path(part), query)) ?? []
            })
    }

    /// Waits until all answers of a machine are published, and that many streams, which the server holds; nobody else has
    /// asked it by then.
    func waitUntilPublished(_ machine: String, streams: Int, by process: BatchProcess) async throws {
        try await process.wait {
            let count = SQLite.currentNumber(database(machine), "SELECT count(*) FROM completions")
            // What the server has ended may not be stored yet.
            return count > 0 && server.isHolding && server.statistics.activeStreams == streams
                && server.statistics.requests == count + streams && published("completed").count == count
                && published("running").count >= streams
                && isTextPublished(of: machine)
        }
        #expect(process.isRunning, "\(process.errorSoFar)")
    }

    /// Whether some part has as many pieces of each open stream as the database.
    private func isTextPublished(of machine: String) -> Bool {
        let query = """
            SELECT attempt_id, count(*) FROM chunks JOIN attempts USING (attempt_id) WHERE status = 'running' GROUP BY 1
            """
        let all = ((try? parts) ?? []).flatMap { (try? SQLite.rows(path($0), query)) ?? [] }
        guard let own = try? SQLite.rows(database(machine), query) else { return false }
        return Set(own).isSubset(of: all)
    }

    /// The streams that a killed run had open, by the characters of their text.
    func openTexts(_ machine: String) throws -> [Int] {
        try SQLite.rows(
            database(machine),
            """
            SELECT coalesce((SELECT sum(length(text)) FROM chunks AS c WHERE c.attempt_id = a.attempt_id
                AND kind = 'text'), 0) FROM attempts AS a WHERE status = 'running'
            """
        ).compactMap { Int($0) }
    }

    /// Kills a run that stands still; gives the ids that were answered by then.
    func kill(_ process: BatchProcess, on machine: String) async throws -> Set<String> {
        process.send(SIGKILL)
        #expect(await process.ended().status == -SIGKILL)
        return Set(
            try SQLite.rows(
                database(machine), "SELECT custom_id FROM jobs WHERE status = 'completed'"))
    }

    /// Merges what is named; gives what is printed.
    func merge(_ sources: String..., into name: String = "whole.db") async throws -> BatchProcess.Ended {
        try await BatchProcess(["merge", directory.path(name)] + sources).ended()
    }
}
