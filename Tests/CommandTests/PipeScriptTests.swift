import Foundation
import MockProvider
import Testing

/// The `part.sh` of the article on more than one machine, as Spark's pipe runs it; `.ci/engines/spark` has a real Spark do so.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct PipeScriptTests {
    private let directory: TemporaryDirectory
    private let server: MockServer
    private let lines = (0..<30).map { Answers.countingJob("job-\($0)", to: 5, options: "+pace=20ms") }

    init() async throws {
        directory = try TemporaryDirectory()
        server = try await MockServer.start(MockConfiguration())
        let article = try MarkdownPage(path: "Sources/LLM4S/LLM4S.docc/MoreThanOneMachine.md")
        let script = try #require(article.blocks.first { $0.text.hasPrefix("# part.sh") })
        _ = try directory.write(script.text + "\n", to: "part.sh")
    }

    private func attempt() throws -> PipedRun {
        try PipedRun(
            script: directory.path("part.sh"), ["--concurrency", "2", "--drain-timeout", "1h"],
            environment: [
                "LLM4S_BATCH": BatchProcess.binary.path, "LLM4S_DATABASES": directory.path("databases"),
                "MOCK_BASE_URL": server.baseURL,
            ])
    }

    private var databases: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: directory.path("databases"))
        return (names ?? []).filter { $0.hasSuffix(".db") }
    }

    private func expectAll(_ results: [PipedRun.Result]) {
        #expect(results.compactMap(\.id).sorted() == (0..<30).map { "job-\($0)" }.sorted())
        #expect(results.allSatisfy { $0.status == "completed" })
    }

    /// As when the JVM is killed: both pipes are closed, and the program has lines that it was fed.
    @Test func aProgramThatNobodyReadsEndsAndTheNextOneGoesOn() async throws {
        let orphan = try attempt()
        try orphan.give(Array(lines.prefix(5)))
        for _ in 0..<5 { _ = try #require(try await orphan.next()) }
        server.hold(afterBodyBytes: 10)
        try orphan.give(Array(lines.dropFirst(5)))
        try await orphan.process.wait { server.statistics.activeStreams == 2 }
        try orphan.closeReader()
        try await orphan.endInput()
        let ended = await orphan.process.ended()
        #expect(ended.status == 141, "\(ended.error)")
        #expect(server.statistics.requests == 7)
        server.hold(afterBodyBytes: nil)

        let next = try attempt()
        try next.give(lines)
        try await next.endInput()
        expectAll(try await next.all())
        #expect(await next.process.ended().status == 0)
        #expect(databases.count == 1)
        #expect(server.statistics.requests <= 32, "only the open streams were asked again")
        await server.stop()
    }

    @Test func aSecondAttemptWaitsForTheFirstAndAsksForNothing() async throws {
        let first = try attempt()
        try first.give(lines)
        let result = try #require(try await first.next())
        let second = try attempt()
        try second.give(lines)
        try await second.endInput()
        try await first.endInput()
        expectAll([result] + (try await first.all()))
        expectAll(try await second.all())
        #expect(await first.process.ended().status == 0)
        #expect(await second.process.ended().status == 0)
        #expect(server.statistics.requests == 30)
        await server.stop()
    }

    @Test func aSecondAttemptThatIsGivenUpWaitsNoLonger() async throws {
        let first = try attempt()
        server.hold(afterBodyBytes: 10)
        try first.give(lines)
        try await first.process.wait { !databases.isEmpty && server.statistics.requests > 0 }
        let second = try attempt()
        try second.give(lines)
        // With no reader yet, a pipe waits for one.
        try await second.process.wait { second.process.errorSoFar.contains("both are open") }
        try second.closeReader()
        #expect(await second.process.ended().status == 141)
        #expect(first.process.isRunning)
        first.process.send(SIGKILL)
        _ = await first.process.ended()
        server.hold(afterBodyBytes: nil)
        await server.stop()
    }

    @Test func noLinesNeedNothing() async throws {
        let attempt = try attempt()
        try await attempt.endInput()
        #expect(try await attempt.all().isEmpty)
        #expect(await attempt.process.ended().status == 0)
        #expect(databases.isEmpty)
        await server.stop()
    }
}
