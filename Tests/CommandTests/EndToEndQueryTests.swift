import Foundation
import Testing

/// The page of queries is true: each runs, and on a batch that has something to tell each tells something.
@Suite(.serialized)
struct EndToEndQueryTests {
    /// The queries of `schema --queries`, with the sentence above each.
    static func queries() async throws -> [(question: String, sql: String)] {
        let page = try await BatchProcess.run("schema", "--queries")
        return page.output.split(separator: "\n\n").dropFirst().map { block in
            let lines = block.split(separator: "\n")
            let question = lines.prefix { $0.hasPrefix("--") }
            return (question.joined(separator: "\n"), lines.dropFirst(question.count).joined(separator: "\n"))
        }
    }

    @Test func eachOfTheTenQueriesRunsAndAnswers() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs(
            (1...5).map { #"{"id":"j\#($0)","model":"mock/count-40+cutchunk=middle+times=1","prompt":"\#($0)"}"# } + [
                #"{"id":"short","model":"mock/count-50","prompt":"b","options":{"max_tokens":4},"metadata":{"expected":"1"}}"#,
                #"{"id":"bad","model":"mock/status=400","prompt":"c"}"#,
            ])
        let run = try await BatchProcess.run("run", file)
        #expect(run.status == 1, "\(run.error)")
        let queries = try await Self.queries()
        #expect(queries.count == 10)
        for query in queries {
            let rows = try SQLite.rows(directory.path("jobs.db"), query.sql)
            #expect(!rows.isEmpty, "\(query.question)")
        }
        func rows(_ number: Int) throws -> [String] {
            try SQLite.rows(directory.path("jobs.db"), queries[number - 1].sql)
        }
        #expect(try rows(1) == ["completed|6|85.7", "failed|1|14.3"])
        #expect(try rows(3).contains { $0.hasPrefix("short|count-50|4|") })
        #expect(try rows(4) == ["invalid_request|400|1|bad|The request could not be understood."])
        #expect(try rows(5).count == 5)
        #expect(try rows(9).count == 10)
        let onDisk = try String(contentsOf: Project.root.appending(path: "schema/queries.sql"), encoding: .utf8)
        #expect(try await BatchProcess.run("schema", "--queries").output == onDisk)
    }
}
