import BatchWatch
import LLMStreaming
import Testing

@testable import llm4s_batch

/// What the page asks for again and again.
@Suite(.serialized) struct WatchRepeatTests {
    private let directory: TemporaryDirectory
    private var database: String { directory.path("jobs.db") }

    init() throws { directory = try TemporaryDirectory() }

    private func makeDatabase() async throws {
        let file = try directory.writeJobs((1...3).map { Answers.countingJob("j\($0)", to: 20) })
        let run = try await BatchProcess.run("run", file, "--db", database)
        #expect(run.status == 0, "\(run.error)")
    }

    /// What is answered to somebody who has asked nothing before.
    private func get(_ target: String) async throws -> (status: Int, json: JSON) {
        let routes = WatchRoutes(WatchedDatabase(path: database), port: 80) { _ in [:] }
        let request = try #require(
            WatchRequest(method: "GET", target: target, headers: [(name: "Host", value: "localhost")]))
        let answer = await routes.answer(request)
        guard case .bytes(let bytes) = answer.body else { return (answer.status, nil) }
        return (answer.status, try JSONParser.parse(bytes))
    }

    /// Whoever asks for it again and again has the request, and the text that came.
    @Test func aJobIsToldWithoutWhatIsLong() async throws {
        try await makeDatabase()
        try SQLite.write(
            database,
            """
            UPDATE attempts SET status = 'interrupted', partial =
                '{"choices":[{"choice":0,"text":"some text"}],"content_deltas":2,"seams":[],"tokens":2}'
            WHERE job_id = (SELECT job_id FROM jobs WHERE custom_id = 'j1')
            """)
        for target in ["/api/job?id=j1&request=", "/api/jobs/j1?request="] {
            let (_, whole) = try await get(target + "1")
            let (status, light) = try await get(target + "0")
            #expect(whole["request"]?.isNull == false && whole["attempts"]?.array?.first?["partial"] != nil)
            #expect(status == 200 && light["request"] == nil && light["attempts"]?.array?.first?["partial"] == nil)
            #expect(light["attempts"]?.array?.first?["status"]?.string == "interrupted")
            for member in whole.object?.members ?? [] where !["request", "attempts", "now_ms"].contains(member.key) {
                #expect(light[member.key] == member.value, "\(member.key)")
            }
        }
    }

    @Test(arguments: [("/api/jobs/j1?request=2", "request must be"), ("/api/jobs/j1/stream?request=0", "'request'")])
    func anotherFormIsRefused(target: String, words: String) async throws {
        try await makeDatabase()
        let (status, json) = try await get(target)
        #expect(status == 400 && json["error"]?.string?.contains(words) == true, "\(json.text)")
    }

    /// A run that died has no end: its last second is the newest that is known of it.
    @Test func theStatusTellsTheLastSecond() async throws {
        try await makeDatabase()
        let last = try SQLite.number(database, "SELECT max(second) FROM run_seconds")
        let (_, json) = try await get("/api/status")
        #expect(json["last_second"]?.int == last)
        try SQLite.write(database, "DELETE FROM run_seconds")
        let (_, none) = try await get("/api/status")
        #expect(none["last_second"]?.isNull == true)
    }
}
