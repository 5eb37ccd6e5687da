import BatchEngine
import LLMStreaming
import SharedMaterial
import Testing

@testable import BatchStore

/// Several databases are read as the one that a merge makes of them (Contract, "Several databases").
@Suite struct UnionTests {
    private let fixture: MergeFixture

    init() throws { fixture = try MergeFixture() }

    /// Databases that did parts of nine jobs by chance, some of them the same ones, in runs at different times.
    private func sources(seed: UInt64) async throws -> [String] {
        var random = SplitMix64(state: seed)
        let jobs = (1...9).map { newJob("j\($0)", line: $0, source: $0 % 2 == 0 ? "b.jsonl" : "a.jsonl") }
        var sources: [String] = []
        for number in 1...3 {
            let taken = jobs.filter { _ in Int.random(in: 0..<5, using: &random) < 3 }
            let times = (0..<9).map { _ in Int64.random(in: 1...3, using: &random) * 1_000 }
            let fates = (0..<9).map { _ in Int.random(in: 0..<6, using: &random) }
            let path = try await fixture.work(number, on: taken, in: "\(number).db") { store in
                for (index, job) in taken.enumerated() {
                    let id = job.customID
                    switch fates[index] {
                    case 0, 1: try await store.complete(id, text: "by \(number)", at: times[index])
                    case 2: try await store.fail(id)
                    case 3: try await store.cut(id, after: String(repeating: "kept ", count: number))
                    case 4:
                        try await store.cut(id, after: "one two three")
                        try await store.goOn(id, prefixScalars: 7, with: " four")
                    default: break
                    }
                }
                _ = try await store.database.markGone(from: "a.jsonl") { $0 != "j\(1 + 2 * number)" }
            }
            let connection = try Connection(path: path, access: .writing)
            try connection.execute(
                "UPDATE attempts SET cost_usd = attempt_id / 8.0, service_tier = 'flex' WHERE status = 'completed'")
            try connection.execute("UPDATE completions SET cost_usd = attempt_id / 8.0")
            sources.append(path)
        }
        return sources
    }

    @Test(arguments: 1...8)
    func whatIsReadIsWhatTheMergedDatabaseHas(seed: Int) async throws {
        let sources = try await sources(seed: UInt64(seed))
        let before = try sources.map(FileState.init)
        let names = try fixture.folder.names
        let order = seed % 2 == 0 ? sources : sources.reversed()
        var told: [[JobResult]] = []
        for filter in Self.filters { told.append(try await Self.results(order, filter)) }
        let union = try await BatchUnion(order)
        let status = try await union.status()
        await union.close()
        let second = try await BatchUnion(order)
        let statistics = try await second.statistics { _ in nil }
        await second.close()
        let priced = try await BatchUnion(order)
        let costs = try await priced.statistics { try await $0.costs(by: PriceTable()) }
        await priced.close()
        #expect(try sources.map(FileState.init) == before, "sources stay what they are")
        #expect(try fixture.folder.names == names, "and nothing is left beside them")

        let merged = try await fixture.merge(sources, into: "out.db")
        let database = try await BatchDatabase.open(merged)
        let reader = database.reader
        for (filter, told) in zip(Self.filters, told) { #expect(try await Self.results([merged], filter) == told) }
        #expect(Self.figures(status.total) == Self.figures(try await reader.status()))
        #expect(try await database.repeatedAnswers() == status.repeated)
        #expect(
            status.failures.map { "\($0.kind) \($0.count)" }
                == (try await reader.failures().map { "\($0.kind) \($0.count)" }))
        #expect(status.finishReasons.filter { $0.value > 0 } == (try await reader.finishReasons().counts))
        #expect(Self.figures(statistics) == Self.figures(try await reader.statistics()))
        var again = try await reader.statistics()
        again.tell(try await reader.costs(by: PriceTable()))
        #expect(Self.figures(costs) == Self.figures(again))
        try await database.close()
    }

    private static let filters: [ResultFilter] = {
        var here = ResultFilter(statuses: Set(JobStatus.allCases))
        here.includesGone = false
        var stopped = ResultFilter()
        stopped.finishReasons = [.stop]
        return [ResultFilter(statuses: Set(JobStatus.allCases)), ResultFilter(statuses: [.failed]), here, stopped]
    }()

    /// All results in the order of their ids, without what is a number of a row.
    private static func results(_ paths: [String], _ filter: ResultFilter) async throws -> [JobResult] {
        let union = try await BatchUnion(paths)
        var results: [JobResult] = []
        try await union.forEachPart { reader, alone in
            var cursor: ResultPage.Cursor?
            repeat {
                let page = try await reader.results(after: cursor, filter: filter, withRequests: true, limit: 2)
                results += try await alone(page.results)
                cursor = page.next
            } while cursor != nil
        }
        await union.close()
        return results.sorted { $0.job.customID < $1.job.customID }.map { result in
            var result = result
            result.job.id = 0
            for index in result.completions.indices {
                result.completions[index].jobID = 0
                result.completions[index].attemptID = 0
                result.completions[index].seams = []
            }
            return result
        }
    }

    private static func figures(_ status: StatusSummary) -> [String] {
        [
            "\(status.counts)", "\(status.promptTokens) \(status.completionTokens) \(status.wastedTokens)",
            "\(status.costUSD ?? -1) \(status.unpriced)", "\(status.resumedAttempts) \(status.savedTokens)",
            "\(status.joinedAnswers.sorted { $0.key < $1.key })",
            "\(status.waiting.filter { $0.count > 0 })",
        ]
    }

    private static func figures(_ statistics: BatchStatistics) -> [String] {
        statistics.models.map { model in
            "\(model.provider)/\(model.model) \(model.completed) \(model.firstToken) \(model.gaps) \(model.duration) "
                + "\(model.tokensPerSecond) \(model.finishReasons.sorted { $0.key.rawValue < $1.key.rawValue })"
        } + statistics.usage.map { "\($0)" } + statistics.tiers.map { "\($0)" } + statistics.faults.map { "\($0)" }
            + ["\(statistics.resuming)"]
    }

    /// A percentile of the union is none of the parts' ones, nor their mean.
    @Test func percentilesAreThoseOfAllValues() async throws {
        var paths: [String] = []
        for (number, count) in [(1, 1), (2, 9)] {
            let jobs = (1...count).map { newJob("\(number)-\($0)", line: $0) }
            let path = try await fixture.work(number, on: jobs, in: "\(number).db") { store in
                for job in jobs { try await store.complete(job.customID, text: "x", at: 1) }
            }
            let update: SQL =
                number == 1
                ? "UPDATE completions SET ttft_us = 1000000" : "UPDATE completions SET ttft_us = 1000 * job_id"
            try Connection(path: path, access: .writing).execute(update)
            paths.append(path)
        }
        let model = try #require(try await BatchUnion(paths).statistics { _ in nil }.models.first)
        #expect(model.completed == 10 && model.firstToken.count == 10)
        #expect([model.firstToken.p50, model.firstToken.p90, model.firstToken.p99] == [5_000, 9_000, 1_000_000])
    }

    /// Ids are compared by their bytes, over many pages of them.
    @Test func idsOfSeveralPagesMeet() async throws {
        let ids = (1...5_000).map { "id-\($0)" } + ["\u{E9}", "e\u{301}"]
        let one = ids.enumerated().filter { $0.offset % 2 == 0 || $0.element == "e\u{301}" }.map(\.element)
        let two = ids.enumerated().filter { $0.offset % 3 == 0 || $0.element == "\u{E9}" }.map(\.element)
        var paths: [String] = []
        for (number, ids) in [one, two, ["other"]].enumerated() {
            let jobs = ids.enumerated().map { newJob($1, line: $0 + 1) }
            paths.append(try await fixture.work(number, on: jobs, in: "\(number).db"))
        }
        func bytes(_ ids: [String]) -> Set<[UInt8]> { Set(ids.map { Array($0.utf8) }) }
        let union = try await BatchUnion(paths)
        let common = bytes(one).intersection(bytes(two)).count
        #expect(try await union.overlap?.merged.counts().total == common)
        #expect(try await union.status().total.counts.total == bytes(one).union(bytes(two)).count + 1)
        await union.close()
    }

    /// A worker is neither waited for nor held up, and what another program writes is not either.
    @Test func liveDatabasesAreReadAsTheyAre() async throws {
        let done = try await fixture.work(1, on: [newJob("a"), newJob("b", line: 2)], in: "done.db") { store in
            try await store.complete("a", text: "earlier", at: 1_000)
        }
        let live = try await fixture.open(
            2, on: [newJob("a"), newJob("c", line: 2), newJob("d", line: 3)], in: "live.db")
        try await live.complete("a", text: "later", at: 2_000)
        _ = live.attempt(try await live.job("c"), textChunks("running"))
        try await live.database.flush()
        let writing = try Connection(path: live.database.path, access: .writing)
        try writing.execute("BEGIN IMMEDIATE")
        let union = try await BatchUnion([live.database.path, done])
        let status = try await union.status()
        #expect(
            status.total.counts.total == 4 && status.total.counts.completed == 1 && status.total.counts.running == 1)
        #expect(status.members.map { $0.status.worker(at: MergeFixture.start + 2_000) } == [.working, .none])
        #expect(status.repeated == RepeatedAnswers(count: 1, tokens: 7))
        await union.close()
        try writing.execute("ROLLBACK")
        try await live.complete("d", text: "end", at: 3_000)
        try await live.database.close()
    }

    @Test func whatIsNoUnionIsTold() async throws {
        let one = try await fixture.work(1, on: [newJob("a"), newJob("b", line: 2)], in: "one.db")
        let two = try await fixture.work(2, on: [newJob("c")], in: "two.db")
        let other = try await fixture.work(
            3, on: [newJob("b", line: 7, source: "other.jsonl", request: "{}")], in: "other.db")
        await #expect(throws: UnionFault.repeated(one, as: one)) { try await BatchUnion([one, two, one]) }
        let fault = await #expect(throws: UnionFault.self) { try await BatchUnion([two, one, other]) }
        let conflict = MergeConflict(
            customID: "b", stored: MergeConflict.Place(source: "jobs.jsonl", line: 2),
            other: MergeConflict.Place(source: "other.jsonl", line: 7), count: 1)
        #expect(fault == .conflict(conflict, source: other, target: one))
        let missing = fixture.folder.file("none.db")
        let error = await #expect(throws: StoreError.self) { try await BatchUnion([one, missing]) }
        #expect(error?.kind == .missing && error?.path == missing)
        try Connection(path: two, access: .writing).execute("PRAGMA user_version = 99")
        let newer = await #expect(throws: StoreError.self) { try await BatchUnion([one, two]) }
        #expect(newer?.kind == .newerSchema(found: 99, known: BatchSchema.version) && newer?.path == two)
    }

    @Test func shardsOfOneInputAreNotCompared() async throws {
        func database(_ number: Int, _ shard: String) async throws -> String {
            let path = try await fixture.work(number, on: [newJob("a")], in: "\(number).db")
            try Connection(path: path, access: .writing).run(
                "UPDATE runs SET options = json_object('shard', '\(shard)')")
            return path
        }
        // The same id in two of them, which cannot be, shows that it is not looked for.
        let paths = try await [database(0, "0/4"), database(1, "3/4"), database(2, "3/8")]
        let union = try await BatchUnion(Array(paths[..<2]))
        #expect(union.overlap == nil && union.shardCounts == [4] && union.missingShards == [1, 2])
        #expect(union.members.map(\.shard.shard?.text) == ["0/4", "3/4"])
        let mixed = try await BatchUnion(paths)
        #expect(mixed.overlap != nil && mixed.shardCounts == [4, 8] && mixed.missingShards == [])
        let whole = try await fixture.work(5, on: [newJob("x")], in: "whole.db")
        #expect(try await BatchUnion([paths[0], whole]).missingShards == [])
    }

    /// Databases that the first version made are read beside newer ones.
    @Test func anOlderSchemaIsReadToo() async throws {
        let path = fixture.folder.file("old.db")
        try DatabaseFile.create(DatabasePath(path))
        do {
            let connection = try Connection(path: path, access: .writing)
            try connection.run(SchemaOne.sql)
            try connection.run(SchemaOneTests.rows)
            try connection.execute("UPDATE jobs SET request_sha256 = 'sha of {}', model = 'm', provider = 'mock'")
            try connection.execute("UPDATE attempts SET request_sha256 = 'sha of {}'")
        }
        let new = try await fixture.work(
            1, on: [newJob("a", request: "{}"), newJob("b", line: 2, request: "{}")], in: "new.db"
        ) { try await $0.complete("b", text: "mended", at: 9_000) }
        let union = try await BatchUnion([path, new])
        let counts = try await union.status().total.counts
        #expect(counts.completed == 2 && counts.failed == 0 && counts.pending == 1)
        let statistics = try await union.statistics { _ in nil }
        #expect(statistics.usage.map(\.completed) == [2] && statistics.usage.map(\.costUSD) == [0.5])
    }
}
