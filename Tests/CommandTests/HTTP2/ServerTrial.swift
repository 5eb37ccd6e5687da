import Foundation
import MockProvider
import Testing

/// A run whose requests go through a real server, and what must hold of it.
final class ServerTrial: Sendable {
    /// LLM4S_HTTP2_ANSWERS=2000 by hand.
    static let answers = Project.size("LLM4S_HTTP2_ANSWERS", 200)
    static let concurrency = max(200, answers / 4)

    let program: RealServer.Program
    let directory: TemporaryDirectory
    let mock: MockServer
    let server: RealServer
    private let start = ContinuousClock.now

    init(_ program: RealServer.Program, _ change: (inout ServerSettings) -> Void = { _ in }) async throws {
        self.program = program
        directory = try TemporaryDirectory()
        mock = try await MockServer.start()
        server = try await RealServer.start(program, before: mock.port, change)
    }

    var database: String { directory.path("jobs.db") }

    /// A server whose windows are small, before the mock and a second one that can be suspended, with its log.
    static func withSecondMock(
        _ program: RealServer.Program, _ test: (ServerTrial, MockProcess, _ log: String) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let log = directory.path("mock.jsonl")
        let second = try await MockProcess(arguments: ["--log", log])
        let port = try #require(URL(string: second.baseURL)?.port)
        let trial = try await ServerTrial(program) { ($0.secondMockPort, $0.hasSmallWindow) = (port, true) }
        try await test(trial, second, log)
    }

    /// A job whose answer follows from its words.
    static func job(_ number: Int, model: String? = nil) -> String {
        #"{"id":"j\#(number)","model":"\#(model ?? "mock/words=\(20 + number % 80)")","prompt":"job \#(number)"}"#
    }

    /// A run that is under way.
    func begin(
        _ jobs: [String], options: [String] = [], url: String? = nil, database: String? = nil,
        concurrency: Int = concurrency
    ) throws -> BatchProcess {
        let file = try directory.writeJobs(jobs)
        return try BatchProcess(
            ["run", file, "--db", database ?? self.database, "--concurrency", "\(concurrency)", "--ca-file"]
                + [server.caFile] + (options.isEmpty ? ["--base-url", url ?? server.baseURL] : options))
    }

    /// The answers, by job.
    static func contents(_ database: String) throws -> [String] {
        try SQLite.rows(
            database,
            "SELECT j.custom_id, c.choice, c.content FROM completions AS c JOIN jobs AS j USING (job_id) ORDER BY 1, 2")
    }

    /// The same jobs, asked for without the server: what their answers must be.
    func expected(_ jobs: [String], options: [String] = []) async throws -> [String] {
        let direct = directory.path("direct.db")
        let ended = try await begin(jobs, options: options, url: mock.baseURL, database: direct).ended()
        #expect(ended.status == 0, "\(ended.error)")
        return try Self.contents(direct)
    }

    /// Checks that a run is whole, and how much was asked for.
    ///
    /// - Parameters:
    ///   - isExact: whether each attempt but those of `more` has an answer.
    ///   - more: the attempts that had none.
    func expectWhole(_ ended: BatchProcess.Ended, jobs: Int, more: Int = 0, isExact: Bool = true) throws {
        #expect(ended.status == 0, "\(program): \(ended.error)")
        try Answers.expectWhole(database, jobs: jobs)
        let count = try SQLite.number(database, "SELECT count(*) FROM attempts")
        guard count != jobs + more, isExact else { return }
        let words = try SQLite.rows(
            database,
            """
            SELECT status, http_status, error_kind, error, count(*) FROM attempts WHERE status <> 'completed'
            GROUP BY 1, 2, 3, 4
            """)
        Issue.record("\(program): \(count) attempts of \(jobs) jobs and \(more) faults: \(words); \(server.output)")
    }

    /// Checks that all came over HTTP/2, tells what it took, and ends the mock.
    ///
    /// - Parameters:
    ///   - requests: how many the mock had.
    ///   - connections: how many the server may have taken.
    func end(requests: Int, connections: ClosedRange<Int>, _ what: String = #function) async throws {
        #expect(mock.statistics.requests == requests)
        let seen = try await server.seen(1)
        #expect(Set(seen.map(\.version)).isSubset(of: ["HTTP/2", "HTTP/2.0"]), "\(program)")
        let clients = Set(seen.map(\.client)).count
        #expect(connections.contains(clients), "\(program): \(clients) connections")
        let attempts = try SQLite.number(database, "SELECT count(*) FROM attempts")
        print(
            "\(program), \(what): \(try Self.contents(database).count) answers, \(attempts) attempts, "
                + "\(clients) connections, \((ContinuousClock.now - start) / .seconds(1)) s")
        await mock.stop()
    }

    // MARK: What holds of every server

    func answersAreThoseOfARunWithoutAProxy(connections: Int) async throws {
        let jobs = (1...Self.answers).map { Self.job($0) }
        let expected = try await expected(jobs)
        try expectWhole(try await begin(jobs).ended(), jobs: jobs.count)
        #expect(try Self.contents(database) == expected)
        _ = try await server.seen(jobs.count)
        try await end(requests: 2 * jobs.count, connections: 1...connections)
    }

    func aBoundOfTenStreamsIsKept() async throws {
        let jobs = (1...Self.answers).map { Answers.countingJob("j\($0)", to: 20) }
        try expectWhole(try await begin(jobs).ended(), jobs: jobs.count)
        try await end(requests: jobs.count, connections: 2...Self.concurrency / 5)
    }

    /// Streams stand still in their middle while the server is upgraded, and others begin after it.
    ///
    /// - Parameter cuts: whether the server may cut what it was passing on.
    func anUpgradeLosesNothing(isBinary: Bool = false, cuts: Bool = false) async throws {
        let jobs = (1...2 * Self.answers).map { Answers.countingJob("j\($0)", to: 40 + $0 % 40) }
        mock.hold(afterBodyBytes: 100_000)
        let process = try begin(jobs)
        try await process.wait {
            self.mock.isHolding && self.mock.statistics.activeStreams >= min(200, Self.concurrency)
        }
        try await server.upgrade(isBinary: isBinary)
        mock.hold(afterBodyBytes: nil)
        try expectWhole(await process.ended(), jobs: jobs.count, isExact: !cuts)
        let attempts = try SQLite.number(database, "SELECT count(*) FROM attempts")
        // What was cut may not have reached the mock.
        let requests = cuts ? mock.statistics.requests : attempts
        // Envoy tells its clients with the next answer that begins; the last ones may have begun by then.
        try await end(requests: requests, connections: (program == .envoy ? 1 : 2)...24)
    }

    /// Two of three streams are broken in their middle, and go on from there.
    func streamsThatAreResetGoOn() async throws {
        let ways = ["", "+cutchunk=middle+times=1", "+reset=9000+times=1"]
        let jobs = (1...Self.answers).map {
            Answers.countingJob("j\($0)", to: 60 + $0 % 40, options: "+pace=2ms\(ways[$0 % 3])")
        }
        let faults = (1...Self.answers).count { $0 % 3 > 0 }
        try expectWhole(try await begin(jobs).ended(), jobs: jobs.count, more: faults)
        let resumed = try SQLite.number(
            database, "SELECT count(*) FROM attempts WHERE resume_strategy = 'prefill' AND status = 'completed'")
        #expect(resumed > faults / 2, "\(program): \(resumed) of \(faults) went on from what was stored")
        try await end(requests: jobs.count + faults, connections: 1...24)
    }

    /// Bodies that nobody reads yet hold up no other stream, and arrive whole.
    func largeBodiesArriveWhole(_ second: MockProcess, log: String) async throws {
        // More than the sockets on the way take up.
        let megabytes = Project.size("LLM4S_HTTP2_MEGABYTES", 2)
        let text = { (megabytes: Int, seed: Int) in String(repeating: "word\(seed) ", count: (megabytes << 20) / 7) }
        let line = { (id: String, model: String, text: String) in
            #"{"id":"\#(id)","model":"\#(model)","prompt":"\#(text)"}"#
        }
        let held = (1...2).map { line("held\($0)", "second/words=20", text(megabytes, $0)) }
        let others = (1...Self.answers).map {
            line("j\($0)", "mock/words=20", $0 % 50 == 0 ? text(1, $0) : "job \($0)")
        }
        let config = try directory.write(
            """
            {"providers": {"mock": {"base_url": "\(server.baseURL)"}, "second": {"base_url": "\(server.secondBaseURL)"}}}
            """, to: "config.json")
        second.suspend()
        let process = try begin(held + others, options: ["--config", config])
        let completed = "SELECT count(*) FROM jobs WHERE status = 'completed'"
        try await process.wait { SQLite.currentNumber(database, completed) >= others.count }
        second.goOn()
        try expectWhole(await process.ended(), jobs: held.count + others.count)
        let whole = try Self.contents(database)
        // An answer follows from all words of its request.
        let expected = try await expected(others)
        #expect(whole.filter { $0.hasPrefix("j") } == expected)
        let bodies = try String(contentsOfFile: log, encoding: .utf8)
        for number in 1...2 { #expect(bodies.contains(text(megabytes, number)), "\(program): body \(number)") }
        try await end(requests: 2 * others.count, connections: 1...8)
    }
}
