import Foundation
import MockProvider
import Testing

/// A run in a process of its own against a mock of the test's own, and what is told to it.
final class ControlledRunProcess: Sendable {
    let server: MockServer
    let directory: TemporaryDirectory
    let process: BatchProcess
    let database: String
    private let environment: [String: String]

    /// Starts it.
    ///
    /// - Parameters:
    ///   - jobs: its lines.
    ///   - options: those of `run`.
    ///   - heldAfter: the bytes of bodies behind which the mock holds its answers.
    ///   - database: its path within the directory; its folder is made.
    init(
        _ jobs: [String], _ options: [String] = [], heldAfter bytes: Int? = nil, database: String = "jobs.db",
        environment: [String: String] = [:], configuration: MockConfiguration = .init()
    ) async throws {
        server = try await MockServer.start(configuration)
        server.hold(afterBodyBytes: bytes)
        directory = try TemporaryDirectory()
        self.database = directory.path(database)
        self.environment = environment
        try FileManager.default.createDirectory(
            at: URL(filePath: self.database).deletingLastPathComponent(), withIntermediateDirectories: true)
        let file = try directory.writeJobs(jobs)
        process = try BatchProcess(
            ["run", file, "--db", self.database, "--base-url", server.baseURL] + options, environment: environment)
    }

    deinit { process.send(SIGKILL) }

    /// Runs `ctl` to its end.
    func ctl(_ words: String...) async throws -> BatchProcess.Ended {
        try await BatchProcess(["ctl", "--db", database] + words, environment: environment).ended()
    }

    /// Tells the run something that holds, and gives what is said of it.
    func tell(_ words: String...) async throws -> String {
        let ended = try await BatchProcess(["ctl", "--db", database] + words, environment: environment).ended()
        #expect(ended.status == 0, "\(words): \(ended.error)")
        return ended.output.trimmingCharacters(in: .newlines)
    }

    /// Waits until a query gives a number, or the run ends.
    func wait(until query: String, is number: Int) async throws {
        try await process.wait { SQLite.currentNumber(database, query) >= number }
        #expect(process.isRunning, "\(process.errorSoFar)")
    }

    /// Waits until so many streams are open, of which there may be nothing yet.
    func untilStreaming(_ streams: Int) async throws {
        try await process.wait { server.statistics.activeStreams == streams }
        try await wait(until: "SELECT count(*) FROM attempts WHERE status = 'running'", is: streams)
        #expect(server.statistics.activeStreams == streams)
    }

    /// Waits until something of so many open streams is stored.
    func untilThereIsText(of streams: Int) async throws {
        try await wait(
            until: """
                SELECT count(DISTINCT attempt_id) FROM chunks JOIN attempts USING (attempt_id)
                WHERE status = 'running' AND kind = 'text'
                """, is: streams)
    }

    /// Lets answers go on a piece at a time until a query gives a number: not much more is written, however late the test
    /// looks.
    ///
    /// - Parameter bytes: of bodies, of all answers together; so many more may come until they are held.
    func letThrough(_ bytes: Int, until query: String, is number: Int) async throws {
        try await process.wait {
            if SQLite.currentNumber(database, query) >= number { return true }
            server.hold(afterBodyBytes: server.statistics.bodyBytesWritten + bytes)
            return false
        }
        #expect(process.isRunning, "\(process.errorSoFar)")
    }

    /// Waits until so many seconds of the run have been written from now on of which a condition holds.
    func seconds(_ count: Int, where condition: String) async throws {
        let newest = try SQLite.number(database, "SELECT coalesce(max(second), 0) FROM run_seconds")
        try await wait(
            until: "SELECT count(*) FROM run_seconds WHERE second > \(newest) AND \(condition)", is: count)
    }

    func rows(_ query: String) throws -> [String] { try SQLite.rows(database, query) }

    /// Waits for the run's end and the mock's.
    func ended() async -> BatchProcess.Ended {
        let ended = await process.ended()
        await server.stop()
        return ended
    }

    /// The socket's name beside the database.
    var socket: String { database + ".ctl" }

    /// The type and mode of a file, as stat tells them; nil where there is none.
    static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status.st_mode : nil
    }
}
