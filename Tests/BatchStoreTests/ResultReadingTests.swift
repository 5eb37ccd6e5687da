import BatchEngine
import Testing

@testable import BatchStore

/// What a page of results or of metadata holds, and what it leaves out.
@Suite struct ResultReadingTests {
    private let any = ResultFilter(statuses: [.pending, .completed, .failed])

    private func ids(_ reader: BatchReader, _ filter: ResultFilter, withRequests: Bool = false) async throws
        -> [[String]]
    {
        var pages: [[String]] = []
        var cursor: ResultPage.Cursor?
        repeat {
            let page = try await reader.results(after: cursor, filter: filter, withRequests: withRequests)
            pages.append(page.results.map(\.job.customID))
            cursor = page.next
        } while cursor != nil
        return pages
    }

    @Test func jobsThatAreGoneFromTheirFilesPassOnlyWhereTheyAreIncluded() async throws {
        let store = try await TestStore(
            jobs: newJobs(3)
                + newJobs(1, source: "x.jsonl").map { job in
                    var job = job
                    job.customID = "other"
                    return job
                })
        _ = try await store.database.markGone(from: "jobs.jsonl") { $0 == "j2" }
        let reader = store.database.reader
        var filter = any
        #expect(try await ids(reader, filter).flatMap(\.self) == ["j2", "j1", "j3", "other"])
        filter.includesGone = false
        #expect(try await ids(reader, filter).flatMap(\.self) == ["j2", "other"])
        #expect(try await reader.goneCount(passing: filter) == 2)
        filter.statuses = [.failed]
        #expect(try await reader.goneCount(passing: filter) == 0)
        filter.statuses = [.pending]
        filter.customIDs = ["j1", "j2"]
        #expect(try await reader.goneCount(passing: filter) == 1)
    }

    /// Requests may have megabytes, as answers.
    @Test func requestsAreReadWhereTheyAreAskedForAndCountForThePage() async throws {
        let text = String(repeating: "x", count: 3 << 20)
        let store = try await TestStore(
            jobs: (1...5).map { newJob("j\($0)", line: $0, request: #"{"prompt":"\#(text)\#($0)"}"#) })
        let reader = store.database.reader
        #expect(try await reader.results(filter: any).results.allSatisfy { $0.request == nil })
        #expect(try await ids(reader, any).first?.count == 5)
        #expect(
            try await reader.results(filter: any, withRequests: true).results.first?.request?.count == text.count + 14)
        let pages = try await ids(reader, any, withRequests: true)
        #expect(pages.allSatisfy { $0.count <= 2 } && pages.flatMap(\.self).count == 5, "\(pages)")
    }

    @Test func metadataComesInPagesOfItsOwnThatAFilterAndTheirBytesBound() async throws {
        let text = String(repeating: "x", count: 3 << 20)
        var jobs = (1...5).map { newJob("j\($0)", line: $0, metadata: #"{"m\#($0)":"\#(text)"}"#) }
        jobs += [newJob("without", line: 6), newJob("j7", line: 7, metadata: "{}")]
        let store = try await TestStore(jobs: jobs)
        // No row lies between these two, and a search does not walk there.
        try await store.database.writer.perform { (session) throws(SQLiteFailure) in
            try session.connection.run("UPDATE jobs SET line = NULL WHERE custom_id = 'j3'")
        }
        func pages(_ filter: ResultFilter) async throws -> [Int] {
            var (counts, position): ([Int], Int64?) = ([], 0)
            while let after = position {
                let page = try await store.database.reader.metadata(after: after, filter: filter)
                counts.append(page.values.count)
                position = page.next
            }
            return counts
        }
        let all = try await pages(any)
        #expect(all.reduce(0, +) == 6 && all.allSatisfy { $0 <= 2 }, "\(all)")
        var present = any
        present.includesGone = false
        #expect(try await pages(present).reduce(0, +) == 5)
        #expect(try await pages(ResultFilter(statuses: [.failed])).reduce(0, +) == 0)
    }

    /// The order is that of the index: a sort would read all jobs of a file for each page.
    @Test(arguments: [BatchReader.lineResults, BatchReader.goneResults])
    func thePlanOfAPageIsItsIndexWithoutASort(_ query: SQL) async throws {
        let store = try await TestStore()
        let plan = try Connection(path: store.database.path, access: .reading).plan(of: query)
        #expect(plan.contains { $0.hasPrefix("SEARCH j USING INDEX jobs_input (source=? AND line") }, "\(plan)")
        // The jobs of one line are put in order, where a merged database has several: never those of the file.
        let sorts = plan.filter { $0.contains("TEMP B-TREE") }
        let ofOneLine = ["USE TEMP B-TREE FOR RIGHT PART OF ORDER BY", "USE TEMP B-TREE FOR LAST TERM OF ORDER BY"]
        #expect(sorts.allSatisfy(ofOneLine.contains) && (sorts.isEmpty || query.isOfLines), "\(plan)")
    }
}

extension SQL {
    /// Whether it reads the jobs that are on a line of their file.
    fileprivate var isOfLines: Bool { description == BatchReader.lineResults.description }
}
