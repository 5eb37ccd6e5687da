import BatchEngine
import LLMStreaming
import SharedMaterial
import Testing

@testable import BatchStore

/// Pages of jobs: each is what a query of all jobs would give, and an index leads to each.
@Suite struct JobPageTests {
    /// Jobs in every state, of several models.
    private static func store(jobs count: Int) async throws -> TestStore {
        let jobs = (1...count).map { number in
            newJob("j\(number)", line: number, provider: ["mock", "other"][number % 2])
        }
        let store = try await TestStore(jobs: jobs)
        let connection = try Connection(path: store.database.path, access: .writing)
        var random = SplitMix64(state: 11)
        let kinds = ["'cut'", "'server'", "'rate_limit'", "NULL"]
        for number in 1...count {
            let kind = kinds[Int.random(in: 0..<4, using: &random)]
            let changes = [
                "status = 'pending'", "status = 'interrupted', error_kind = \(kind)",
                "status = 'pending', not_before_ms = 5000, error_kind = \(kind)",
                "status = 'interrupted', not_before_ms = 7000, error_kind = \(kind)",
                "status = 'failed', error_kind = \(kind)", "status = 'cancelled', error_kind = 'cancelled'",
                "status = 'running'", "status = 'completed'",
            ]
            let change = changes.randomElement(using: &random) ?? ""
            try connection.run("UPDATE jobs SET \(change) WHERE custom_id = 'j\(number)'")
            if change.hasSuffix("'running'") || change.hasSuffix("'completed'") {
                try connection.run(
                    """
                    INSERT INTO attempts (job_id, number, counts, run_id, request_sha256, started_ms, status)
                    SELECT job_id, 1, 1, 1, '', 0, status FROM jobs WHERE custom_id = 'j\(number)'
                    """)
            }
            guard change.hasSuffix("'completed'") else { continue }
            for choice in 0...1 {
                try connection.run(
                    """
                    INSERT INTO completions (job_id, choice, attempt_id, created_ms, finish_reason, usage_source,
                        segments, seams, content, message, completion_tokens, duration_us)
                    SELECT job_id, \(choice), attempt_id, 0, 'stop', 'none', 1, '[]', '', '', 7, job_id * 10
                    FROM attempts JOIN jobs USING (job_id) WHERE custom_id = 'j\(number)'
                    """)
            }
        }
        return store
    }

    /// All pages of a search, as ids.
    private static func all(_ search: JobSearch, limit: Int, _ reader: BatchReader) async throws -> [String] {
        var ids: [String] = []
        var cursor: JobCursor?
        repeat {
            let page = try await reader.jobs(search, after: cursor, limit: limit)
            #expect(page.jobs.count <= limit)
            ids += page.jobs.map(\.customID)
            // As it goes to a browser and comes back.
            cursor = try page.next.map { try #require(JobCursor($0.text)) }
        } while cursor != nil
        return ids
    }

    @Test(arguments: [1, 3, 500]) func thePagesOfASearchAreItsJobsEachOnce(limit: Int) async throws {
        let store = try await Self.store(jobs: 120)
        let reader = store.database.reader
        for status in [nil] + JobStatus.allCases.map(Optional.some) {
            for kind in [nil, "cut", "cancelled"] {
                for model in [nil, "mock/m", "m", "none"] {
                    for prefix in [nil, "j1", "j", "x"] {
                        var search = JobSearch()
                        (search.status, search.errorKind, search.model, search.prefix) = (status, kind, model, prefix)
                        let found = try await Self.all(search, limit: limit, reader)
                        let expected = try Self.expected(search, store)
                        #expect(found.sorted() == expected.sorted(), "\(search)")
                    }
                }
            }
        }
        try await store.database.close()
    }

    private static func expected(_ search: JobSearch, _ store: TestStore) throws -> [String] {
        // With a kind and no state those that run or are completed are no errors any more.
        let isOfErrors = search.errorKind != nil && search.status == nil && search.prefix == nil
        let connection = try Connection(path: store.database.path, access: .reading)
        let rows = try connection.prepare(
            """
            SELECT custom_id FROM jobs WHERE (?1 IS NULL OR status = ?1) AND (?2 IS NULL OR error_kind = ?2)
                AND (?3 IS NULL OR model = ?3 OR provider || '/' || model = ?3)
                AND (?4 IS NULL OR substr(custom_id, 1, length(?4)) = ?4)
                AND (?5 = 0 OR status NOT IN ('running', 'completed'))
            """)
        rows.bind(search.status?.rawValue, at: 1)
        rows.bind(search.errorKind, at: 2)
        rows.bind(search.model, at: 3)
        rows.bind(search.prefix, at: 4)
        rows.bind(isOfErrors ? 1 : 0, at: 5)
        var ids: [String] = []
        while try rows.step() { ids.append(rows.text(0)) }
        return ids
    }

    /// A scan of the jobs is only that in their own order, and nothing is sorted.
    @Test(arguments: [
        JobWalk.all, .ids, .completed, .ended(.failed, kind: "cut"), .ended(.failed, kind: nil), .running,
        .ready(testLane), .waiting,
    ])
    func anIndexGivesAWalkInItsOrder(walk: JobWalk) async throws {
        let store = try await TestStore(jobs: newJobs(1))
        let connection = try Connection(path: store.database.path, access: .reading)
        let plan = try connection.plan(of: walk.sql)
        #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(plan)")
        try await store.database.close()
    }

    @Test func theRowOfAJobHasAnIndexToo() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        for query in [JobSummary.query, JobSearch.nextReadyModel] {
            let connection = try Connection(path: store.database.path, access: .reading)
            let plan = try connection.plan(of: query)
            #expect(plan.allSatisfy { $0.hasPrefix("SEARCH") }, "\(plan)")
        }
        try await store.database.close()
    }

    @Test func anAnswersFiguresStandInItsRow() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        try await store.complete("j2", text: "some answer")
        var search = JobSearch()
        search.status = .completed
        let page = try await store.database.reader.jobs(search, limit: 10)
        #expect(page.jobs.map(\.customID) == ["j2"] && page.next == nil)
        #expect(page.jobs[0].finishReason == "stop" && page.jobs[0].durationMicroseconds == 1000)
        #expect(page.jobs[0].segments == 1 && page.jobs[0].status == .completed)
        #expect(try await store.database.reader.slowestJobs(limit: 5).map(\.customID) == ["j2"])
        try await store.database.close()
    }

    /// A few jobs of a rare kind stand beside many of another.
    @Test func failedJobsComeInTurnOverTheirKinds() async throws {
        let store = try await TestStore(jobs: newJobs(60))
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.run(
            """
            UPDATE jobs SET status = 'failed', error_kind = 'auth' WHERE job_id <= 50;
            UPDATE jobs SET status = 'failed', error_kind = 'server' WHERE job_id IN (51, 52, 53);
            UPDATE jobs SET status = 'failed', error_kind = NULL WHERE job_id = 54;
            UPDATE jobs SET status = 'cancelled', error_kind = 'cancelled' WHERE job_id = 55
            """)
        let reader = store.database.reader
        for (limit, ids) in [
            (20, ["j54"] + (1...16).map { "j\($0)" } + ["j51", "j52", "j53"]), (3, ["j54", "j1", "j51"]),
            (2, ["j54", "j1"]), (100, ["j54"] + (1...53).map { "j\($0)" }),
        ] { #expect(try await reader.failedJobs(limit: limit).map(\.customID) == ids, "\(limit)") }
        #expect(try await reader.runCount() == 1)
        try await store.database.close()
    }

    /// What a killed worker left has its error and can run.
    @Test func aKindIsFoundWhereAWorkerWasKilled() async throws {
        let store = try await TestStore(jobs: newJobs(4))
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.run(
            """
            UPDATE jobs SET status = 'interrupted', error_kind = 'cut' WHERE job_id = 1;
            UPDATE jobs SET error_kind = 'cut' WHERE job_id = 2;
            UPDATE jobs SET status = 'failed', error_kind = 'cut' WHERE job_id = 3
            """)
        var search = JobSearch()
        search.errorKind = "cut"
        for limit in [1, 500] {
            #expect(try await Self.all(search, limit: limit, store.database.reader) == ["j3", "j1", "j2"])
        }
        try await store.database.close()
    }

    /// Of ids that begin alike, in whatever characters.
    @Test func aBeginningOfAnIDIsTakenByItsBytes() async throws {
        let ids = ["é", "éa", "e\u{301}", "a%", "a%b", "a_b", "\u{10FFFF}", "\u{10FFFF}x", "A"]
        let store = try await TestStore(jobs: ids.enumerated().map { newJob($1, line: $0 + 1) })
        for (prefix, found) in [
            ("é", ["é", "éa"]), ("a%", ["a%", "a%b"]), ("\u{10FFFF}", ["\u{10FFFF}", "\u{10FFFF}x"]),
            ("a", ["a%", "a%b", "a_b"]),
        ] {
            var search = JobSearch()
            search.prefix = prefix
            for limit in [1, 9] {
                let pages = try await Self.all(search, limit: limit, store.database.reader)
                #expect(pages.map { Array($0.utf8) } == found.map { Array($0.utf8) }, "\(prefix)")
            }
        }
        try await store.database.close()
    }

    /// Of a database that others wrote too: an id that is no UTF-8 is shown with what is wrong replaced, and comes once.
    @Test(.timeLimit(.minutes(15))) func anIDThatIsNoTextComesOnce() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.run("UPDATE jobs SET custom_id = CAST(x'6AF0' AS TEXT) WHERE custom_id = 'j2'")
        var search = JobSearch()
        search.prefix = "j"
        for limit in [1, 500] {
            let found = try await Self.all(search, limit: limit, store.database.reader)
            #expect(found == ["j1", "j3", "j\u{FFFD}"])
        }
        try await store.database.close()
    }

    /// The jobs of a model whose name is no UTF-8 cannot be asked for; those before it come, and the walk has an end.
    @Test(.timeLimit(.minutes(15))) func aModelThatIsNoTextEndsItsWalk() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        let connection = try Connection(path: store.database.path, access: .writing)
        try connection.run("UPDATE jobs SET model = CAST(x'F0' AS TEXT) WHERE custom_id = 'j2'")
        var search = JobSearch()
        search.status = .pending
        #expect(try await Self.all(search, limit: 500, store.database.reader) == ["j1", "j3"])
        try await store.database.close()
    }

    @Test(arguments: [
        "", "x", "[]", "[1]", "[\"all\"]", "[\"all\",\"x\"]", "[\"ids\",1]", "[\"none\",1]", "[\"ready\",1,2,3]",
        "[\"all\",1.5]", "{}", "[\"all\",99999999999999999999]",
        "[\"waiting\",1]", "[\"waiting\",[\"p\",\"m\",1]]", "[\"ids\",[256]]", "[\"all\",[1]]",
    ])
    func whatIsNoCursorIsNone(text: String) { #expect(JobCursor(text) == nil) }
}
