import Foundation
import MockProvider
import Testing

/// kill -9 at random moments, and the same command again.
///
/// LLM4S_TRIALS=20 by hand makes a hundred kills in a row over 500 jobs.
@Suite(.serialized)
struct EndToEndKillTests {
    @Test(arguments: ["auto", "replay", "restart", "changing"])
    func everyJobCompletesOnceHoweverOftenTheProcessIsKilled(resume: String) async throws {
        var chance = Chance(seed: Project.seed)
        let kills = 5 * Project.trials
        let isLarge = Project.trials > 1
        let jobs = isLarge ? 500 : 300
        // A hundred kills leave little time between two: long answers at a slow pace are interrupted with rows
        // stored, short ones complete in between even where each kill throws away what the others had.
        let lengths = isLarge ? [20, 60, 200, 300] : [60]
        let length = { (job: Int) in lengths[job % lengths.count] }
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        configuration.recordsResponses = true
        let server = try await MockServer.start(configuration)
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs(
            (1...jobs).map {
                Answers.countingJob("job-\($0)", to: length($0), options: "+pace=\(isLarge ? 20 : 12)ms")
            })
        let database = directory.path("jobs.db")
        // However partial output is used, and however much at once, each run goes on with what the others left.
        let policies = resume == "changing" ? ["auto", "replay", "continue", "prefill", "restart"] : [resume]
        let options = { (kill: Int) in
            [
                "--base-url", server.baseURL, "--concurrency", "\(16 + 8 * (kill % 3))", "--resume",
                policies[kill % policies.count], "--progress", "plain",
            ]
        }
        var known: [String: String] = [:]
        // So that all kills come before the jobs are done: a number takes some 200 bytes. A hundred kills come
        // close to what they take together on average, five may not.
        let bytes = (1...jobs).reduce(0) { $0 + 200 * length($1) }
        let between = min(400_000, isLarge ? bytes / kills : bytes / (2 * kills))
        var landed = 0
        for kill in 1...kills {
            // run and resume take turns: both must go on with what the other left.
            let isFirst = !FileManager.default.fileExists(atPath: database)
            let arguments = isFirst || kill % 2 == 0 ? ["run", file] : ["resume", "--db", database]
            let target = server.statistics.bodyBytesWritten + Int.random(in: 0...between, using: &chance)
            // Whoever looks late finds the process there all the same.
            server.hold(afterBodyBytes: target + 20_000)
            let process = try BatchProcess(arguments + options(kill))
            try await process.wait { server.statistics.bodyBytesWritten >= target }
            // The first one finds something stored.
            if kill == 1 {
                try await process.wait {
                    SQLite.currentNumber(database, "SELECT count(*) FROM chunks WHERE kind = 'text'") > 0
                }
            }
            process.send(SIGKILL)
            let ended = await process.ended()
            if ended.status == -SIGKILL { landed += 1 }
            guard FileManager.default.fileExists(atPath: database) else { continue }
            let completed = try Self.completions(database)
            for (id, row) in known {
                #expect(completed[id] == row, "kill \(kill), seed \(Project.seed): \(id) changed")
            }
            let counted = Self.lastCount(ended.error)
            #expect(
                completed.count >= counted + known.count,
                "kill \(kill), seed \(Project.seed): \(counted) counted, \(completed.count - known.count) stored")
            known = completed
        }
        print("\(resume): \(landed) of \(kills) kills found the process at work")
        #expect(landed == kills)
        server.hold(afterBodyBytes: nil)
        let last = try await BatchProcess(["run", file] + options(kills + 1)).ended()
        #expect(last.status == 0, "seed \(Project.seed): \(last.error)")
        try Answers.expectWhole(database, jobs: jobs)
        let contents = try SQLite.rows(
            database, "SELECT j.custom_id, c.content FROM completions AS c JOIN jobs AS j USING (job_id)")
        let expected = (1...jobs).map { "job-\($0)|\(Answers.counting(to: length($0)))" }
        #expect(contents.sorted() == expected.sorted(), "seed \(Project.seed)")
        let final = try Self.completions(database)
        for (id, row) in known { #expect(final[id] == row, "seed \(Project.seed)") }
        try Self.expectPrefixes(database, server)
        if resume == "restart" {
            let bodies = Dictionary(grouping: server.requests, by: \.lastUserText).mapValues { Set($0.map(\.body)) }
            #expect(bodies.count == jobs)
            #expect(bodies.values.allSatisfy { $0.count == 1 }, "run and resume sent different bytes for a job")
        }
        await server.stop()
    }

    /// What is stored of each interrupted stream is a beginning of what the server sent: what is missing came later.
    private static func expectPrefixes(_ database: String, _ server: MockServer) throws {
        let sent = Dictionary(
            server.requests.compactMap { request in
                request.response.flatMap { response in response.responseID.map { ($0, response.text) } }
            }, uniquingKeysWith: { $0.count > $1.count ? $0 : $1 })
        let rows = try SQLite.rows(
            database,
            """
            SELECT a.response_id, group_concat(k.text, '') FROM attempts AS a JOIN (
                SELECT attempt_id, text FROM chunks WHERE kind = 'text' ORDER BY chunk_id
            ) AS k USING (attempt_id)
            WHERE a.status = 'interrupted' AND a.resume_strategy IS NOT 'replay' AND a.response_id IS NOT NULL
            GROUP BY a.attempt_id
            """)
        print("\(rows.count) interrupted streams compared with what was sent")
        #expect(!rows.isEmpty)
        for row in rows {
            let columns = row.split(separator: "|", maxSplits: 1).map(String.init)
            let text = try #require(sent[columns[0]])
            #expect(text.hasPrefix(columns[1]), "seed \(Project.seed): \(columns[0])")
        }
    }

    /// Every completion with all of its columns that must never change.
    private static func completions(_ database: String) throws -> [String: String] {
        let rows = try SQLite.rows(
            database, "SELECT job_id, attempt_id, created_ms, content, seams, usage FROM completions")
        return Dictionary(uniqueKeysWithValues: rows.map { (String($0.prefix { $0 != "|" }), $0) })
    }

    /// The jobs that the last line of progress counted as done in that run.
    private static func lastCount(_ error: String) -> Int {
        let counts = error.split(separator: "\n").compactMap { line -> Int? in
            let words = line.split(separator: " ")
            guard words.count > 3, words[1] == "of", words[3] == "done" else { return nil }
            return Int(words[0].filter { $0 != "," })
        }
        return counts.last ?? 0
    }
}
