import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// Several databases become one, in whatever order (Contract, "Merge").
@Suite struct MergeTests {
    private let fixture: MergeFixture
    private var folder: TemporaryFolder { fixture.folder }

    init() throws { fixture = try MergeFixture() }

    /// Jobs of two files, the second of which comes first by its name.
    private static let jobs =
        (1...5).map { newJob("b\($0)", line: $0, source: "b.jsonl", metadata: #"{"n":\#($0)}"#) }
        + (1...5).map { newJob("a\($0)", line: $0, source: "a.jsonl") }

    private func jobs(_ ids: String...) -> [NewJob] { Self.jobs.filter { ids.contains($0.customID) } }

    /// Three databases: parts that are done, that failed, and that another one has done too.
    private func sources() async throws -> [String] {
        let one = try await fixture.work(2, on: jobs("b1", "b2", "b3", "a1"), in: "one.db") { store in
            try await store.complete("b1", text: "first", at: 3_000, response: "r-1")
            try await store.cut("b2", after: "one two three")
            try await store.goOn("b2", prefixScalars: 7, with: " four")
            try await store.cut("b3", after: "a short text")
            try await store.fail("a1")
        }
        let two = try await fixture.work(1, on: jobs("b1", "b3", "b4", "a1", "a2"), in: "two.db") { store in
            try await store.complete("b1", text: "earlier", at: 2_000, response: "r-2")
            try await store.cut("b3", after: "a longer text than that")
            try await store.cut("b3", after: "")
            try await store.cut("a1", after: "kept")
            try await store.complete("a2", text: "whole", at: 2_000)
            try await store.database.store([RejectedLine(source: "a.jsonl", line: 9, reason: "no", text: "x")])
        }
        let three = try await fixture.work(3, on: jobs("b1", "b5", "a3", "a4", "a5"), in: "three.db") { store in
            try await store.complete("b1", text: "last", at: 3_000, response: "r-3")
            try await store.complete("a4", text: "größer 😀", at: 9_000)
            try await store.fail("a5")
            try await store.database.store([RejectedLine(source: "a.jsonl", line: 9, reason: "no", text: "x")])
        }
        // A run that followed, without a new job.
        try await fixture.work(4, on: [], in: "three.db") { try await $0.complete("b5", text: "late", at: 9_500) }
        return [one, two, three]
    }

    @Test func everyOrderAndRepetitionGivesTheSame() async throws {
        let sources = try await sources()
        let before = try sources.map(MergeFixture.content)
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2, 0], [1, 2, 0, 1], [2, 0, 1, 2, 2], [2, 1, 0, 0, 1]]
        var contents: [[String]] = []
        var results: [[String]] = []
        for (number, order) in orders.enumerated() {
            let path = try await fixture.merge(order.map { sources[$0] }, into: "order\(number).db")
            contents.append(try MergeFixture.content(path))
            results.append(try await MergeFixture.results(path))
        }
        for number in orders.indices.dropFirst() {
            for (left, right) in zip(contents[0], contents[number]) { #expect(left == right, "\(orders[number])") }
            #expect(contents[number].count == contents[0].count && results[number] == results[0])
        }
        #expect(try sources.map(MergeFixture.content) == before, "sources stay what they are")
        // A merged database is a source like any other.
        let both = try await fixture.merge([sources[1], sources[0]], into: "both.db")
        let again = try await fixture.merge([sources[2], both], into: "again.db")
        #expect(try MergeFixture.content(again) == contents[0])
        #expect(try MergeFixture.seams(again).allSatisfy { $0.hasSuffix("|1") })
        #expect(try !folder.names.contains { $0.contains("-merging") }, "nothing is left beside them")
    }

    @Test func ofEachJobTheBetterIsKeptAndEveryAttempt() async throws {
        let path = try await fixture.merge(try await sources(), into: "out.db")
        #expect(
            try sqlRows(path, "SELECT custom_id, status, attempts FROM jobs ORDER BY custom_id")
                == [
                    "a1|failed|1", "a2|completed|1", "a3|pending|0", "a4|completed|1", "a5|failed|1", "b1|completed|1",
                    "b2|completed|2", "b3|interrupted|2", "b4|pending|0", "b5|completed|1",
                ])
        #expect(
            try sqlRows(path, "SELECT content, response_id, created_ms FROM results WHERE custom_id = 'b1'")
                == ["earlier|r-2|2000"])
        #expect(
            try sqlRows(path, "SELECT custom_id, text FROM partials ORDER BY 1")
                == ["a1|kept", "b3|a longer text than that"])
        #expect(try sqlRows(path, "SELECT custom_id, http_status FROM failures ORDER BY 1") == ["a1|400", "a5|400"])
        // The losers' attempts come first, with their chunks.
        #expect(
            try sqlRows(
                path,
                """
                SELECT a.number, r.pid, a.status,
                    (SELECT count(*) FROM chunks AS c WHERE c.attempt_id = a.attempt_id) = a.chunk_count
                FROM attempts AS a JOIN jobs AS j USING (job_id) JOIN runs AS r USING (run_id)
                WHERE custom_id IN ('b1', 'b3') ORDER BY custom_id, number
                """)
                == [
                    "1|2|completed|1", "2|3|completed|1", "3|1|completed|1",
                    "1|2|interrupted|1", "2|1|interrupted|1", "3|1|failed|1",
                ])
        // All three answers are billed.
        #expect(
            try sqlRows(
                path, "SELECT billed_completion_tokens FROM completions JOIN jobs USING (job_id) WHERE custom_id = 'b1'"
            )
                == ["21"])
        let database = try await BatchDatabase.open(path)
        #expect(try await database.repeatedAnswers() == RepeatedAnswers(count: 2, tokens: 14))
        try await database.close()
    }

    /// The same answers at the same times as a single run has them, in the same order.
    @Test func partsAreWhatASingleRunIs() async throws {
        let jobs = (1...9).map { newJob("j\($0)", line: $0, source: "jobs.jsonl") }
        func work(_ jobs: [NewJob], in name: String) async throws -> String {
            try await fixture.work(1, on: jobs, in: name) { store in
                for job in jobs { try await store.complete(job.customID, text: "answer \(job.customID)", at: 2_000) }
            }
        }
        let whole = try await work(jobs, in: "whole.db")
        var parts: [String] = []
        for part in 0..<3 {
            parts.append(
                try await work(jobs.enumerated().filter { $0.offset % 3 == part }.map(\.element), in: "\(part).db"))
        }
        let merged = try await fixture.merge(parts.reversed(), into: "out.db")
        #expect(try await MergeFixture.results(merged) == MergeFixture.results(whole))
        #expect(try MergeFixture.seams(merged) == MergeFixture.seams(whole))
    }

    /// Files of the same name on several machines: their lines meet.
    @Test func jobsOfOneLineComeInTheOrderOfTheirIDs() async throws {
        let one = try await fixture.work(1, on: (1...4).map { newJob("x\($0)", line: $0) }, in: "x.db")
        let two = try await fixture.work(2, on: (1...4).map { newJob("y\($0)", line: $0) }, in: "y.db")
        let three = try await fixture.work(3, on: (1...4).map { newJob("a\($0)", line: $0) }, in: "a.db")
        for order in [[one, two, three], [three, two, one], [two, one, three]] {
            let path = try await fixture.merge(order, into: "\(order.count)-\(UUID().uuidString).db")
            let ids = try await MergeFixture.results(path, limit: 5).map { $0.split(separator: " ")[1] }
            #expect(ids == (1...4).flatMap { ["a\($0)", "x\($0)", "y\($0)"] })
        }
    }

    /// It goes on from what was merged, and merging what is in it already changes nothing.
    @Test func aRunGoesOnFromTheMergedDatabase() async throws {
        let sources = try await sources()
        _ = try await fixture.merge(sources, into: "out.db")
        let path = try await fixture.work(9, on: [], in: "out.db") { store in
            try await store.goOn("b3", prefixScalars: 8, with: " text that is whole")
            try await store.complete("a3", text: "new", at: 99_000)
        }
        #expect(
            try sqlRows(path, "SELECT content FROM results WHERE custom_id = 'b3'") == ["a longer text that is whole"])
        let before = try MergeFixture.content(path)
        _ = try await fixture.merge(sources, into: "out.db")
        #expect(try MergeFixture.content(path) == before)
        let other = try await fixture.merge([path] + sources.reversed(), into: "other.db")
        #expect(try MergeFixture.content(other) == before)
    }

    @Test func theMergedDatabaseIsNoShardAndHasNoShare() async throws {
        let one = try await fixture.work(1, on: jobs("b1"), in: "one.db")
        let two = try await fixture.work(2, on: jobs("b2"), in: "two.db")
        for (path, shard) in [(one, "0/2"), (two, "1/2")] {
            try Connection(path: path, access: .writing).run(
                """
                UPDATE runs SET options = json_set(options, '$.rpm', 9, '$.shard', '\(shard)', '$.share', '1/2',
                    '$.shard-jobs', '1/2')
                """)
        }
        let merged = try await fixture.merge([one, two], into: "out.db")
        let expected = [#"{"rpm":9,"merged_shard":"0/2"}"#, #"{"rpm":9,"merged_shard":"1/2"}"#]
        #expect(try sqlRows(merged, "SELECT options FROM runs ORDER BY run_id") == expected)
        // Also where the first of them is what the others are merged into.
        let into = try await fixture.merge([two, merged], into: "one.db")
        #expect(try sqlRows(into, "SELECT options FROM runs ORDER BY run_id") == expected)
    }

    @Test func workersOfWholeInputsHadSharesToo() async throws {
        let one = try await fixture.work(1, on: jobs("b1"), in: "one.db")
        let two = try await fixture.work(2, on: jobs("b2"), in: "two.db")
        try Connection(path: one, access: .writing).run(
            "UPDATE runs SET options = json_set(options, '$.rpm', 9, '$.share', '1/2')")
        let merged = try await fixture.merge([one, two], into: "out.db")
        #expect(try sqlRows(merged, "SELECT options FROM runs ORDER BY run_id") == [#"{"rpm":9}"#, "{}"])
        let into = try await fixture.merge([two, merged], into: "one.db")
        #expect(try sqlRows(into, "SELECT options FROM runs ORDER BY run_id") == [#"{"rpm":9}"#, "{}"])
    }
}
