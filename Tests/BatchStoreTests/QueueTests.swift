import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

@Suite struct QueueTests {
    @Test func everyJobOfALargeQueueIsHandedOutOnceInItsOrder() async throws {
        let store = try await TestStore()
        for start in stride(from: 0, to: 20_000, by: 5_000) {
            let jobs = (start..<start + 5_000).map { index in
                newJob("j\(index)", line: index + 1, source: index % 3 == 0 ? "a.jsonl" : "b.jsonl")
            }
            _ = try await store.database.ingest(jobs, onChanged: .error)
        }
        let queue = store.database.queue(for: .sources(["b.jsonl"]), runID: store.runID)
        var seen: [String] = []
        var cursor: Int64 = 0
        while true {
            let page = try await queue.nextJobs(for: testLane, after: cursor, limit: 128)
            guard let last = page.last else { break }
            #expect(page.count <= 128)
            seen += page.map(\.customID)
            cursor = last.id
        }
        #expect(seen == (0..<20_000).filter { $0 % 3 != 0 }.map { "j\($0)" })
    }

    /// Lines may have megabytes.
    @Test func aPageOfLargeJobsEndsByItsBytes() async throws {
        let store = try await TestStore()
        let jobs = (1...9).map { index in
            var job = newJob("j\(index)", line: index)
            job.request = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20) + job.request
            return job
        }
        _ = try await store.database.ingest(jobs, onChanged: .error)
        var pages: [[String]] = []
        var last: Job?
        while let page = try await nextPage(store, after: last?.id ?? 0) {
            pages.append(page.map(\.customID))
            last = page.last
        }
        #expect(pages.map(\.count) == [4, 4, 1])
        #expect(pages.flatMap(\.self) == jobs.map(\.customID))
        for number in 1...9 {
            let job = try await store.job("j\(number)")
            try await store.queue.endAttempt(cutEnd(store.attempt(job, []), of: job, until: Int64(number)))
        }
        #expect(try await store.queue.dueJobs(for: testLane, at: 9, limit: 64, excluding: []).count == 4)
        let ids = try await store.queue.dueJobs(for: testLane, at: 9, limit: 640, excluding: []).map(\.id)
        #expect(ids.count == 9)
        #expect(try await store.queue.dueJobs(among: Array(ids[2...]), for: testLane, at: 9).map(\.id) == [ids[2]])
    }

    private func nextPage(_ store: TestStore, after id: Int64) async throws -> [Job]? {
        let page = try await store.queue.nextJobs(for: testLane, after: id, limit: 64)
        return page.isEmpty ? nil : page
    }

    @Test func anAnswerLongerThanEverStartsTheCountOfAttemptsAnew() async throws {
        let store = try await TestStore(jobs: newJobs(1))
        var counts: [Int] = []
        for (number, resets) in [false, false, true, false].enumerated() {
            let job = try await store.job("j1")
            let attemptID = store.queue.startAttempt(attemptStart(of: job))
            var end = cutEnd(attemptID, of: job, counts: !resets, until: Int64(number))
            end.resetsAttempts = resets
            try await store.queue.endAttempt(end)
            counts.append(try await store.job("j1").attempts)
        }
        #expect(counts == [1, 2, 0, 1])
    }

    @Test(arguments: [
        ("SEARCH j USING INDEX jobs_ready (provider=? AND model=? AND job_id>?)", QueueQuery.ready),
        ("SEARCH j USING INDEX jobs_waiting (provider=? AND model=? AND not_before_ms<?)", QueueQuery.due),
        ("SEARCH j USING INTEGER PRIMARY KEY (rowid=?)", QueueQuery.dueAmong),
        ("SEARCH j USING COVERING INDEX jobs_waiting|SEARCH j USING INDEX jobs_waiting", QueueQuery.nextDue),
        ("SEARCH jobs USING COVERING INDEX jobs_ready", QueueQuery.readyModel),
        ("SEARCH jobs USING COVERING INDEX jobs_waiting", QueueQuery.waitingModel),
        ("SEARCH attempts USING INDEX attempts_of_job", QueueQuery.failures),
        ("SEARCH attempts USING INDEX attempts_of_job", QueueQuery.partial),
    ])
    func thePlanOfAQueueQueryIsItsIndexWithoutASort(_ expected: String, _ query: SQL) async throws {
        let store = try await TestStore()
        let connection = try Connection(path: store.database.path, access: .reading)
        let plan = try connection.plan(of: query)
        #expect(expected.split(separator: "|").contains { step in plan.contains { $0.hasPrefix(step) } }, "\(plan)")
        #expect(!plan.contains { $0.contains("TEMP B-TREE") || $0 == "SCAN jobs" }, "\(plan)")
        #expect(!plan.contains { $0 == "SCAN j" || $0 == "SCAN r" || $0 == "SCAN attempts" }, "\(plan)")
    }

    @Test func onlyTheJobsOfTheScopeAreHandedOut() async throws {
        let store = try await TestStore(jobs: newJobs(4))
        let ids = try await store.queue.nextJobs(for: testLane, after: 0, limit: 10).map(\.id)
        let some = store.database.queue(for: .jobs([ids[1], ids[3]]), runID: store.runID)
        #expect(try await some.nextJobs(for: testLane, after: 0, limit: 10).map(\.customID) == ["j2", "j4"])
        for id in ["j1", "j2"] {
            let job = try await store.job(id)
            try await store.queue.endAttempt(
                cutEnd(store.attempt(job, []), of: job, until: id == "j1" ? 100 : 200))
        }
        #expect(try await some.dueJobs(for: testLane, at: 1_000, limit: 10, excluding: []).map(\.customID) == ["j2"])
        #expect(try await some.nextDueTime(for: testLane, excluding: []) == 200)
        #expect(try await store.queue.nextDueTime(for: testLane, excluding: []) == 100)
    }
}

extension QueueTests {
    /// What is entered late may be numbered below all that ran: it is due.
    @Test func theScopeOfAnInputIsItsNewJobsAndThoseThatWereEntered() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        let reader = store.database.reader
        let scope = try await store.database.scopeOfInput()
        let queue = store.database.queue(for: scope, runID: store.runID)
        #expect(try await queue.nextJobs(for: testLane, after: 0, limit: 10).isEmpty)
        #expect(try await reader.counts(in: scope).total == 0)
        let outcomes = try await store.database.ingest(
            [newJob("new", line: 1), newJob("j2", line: 2)], onChanged: .error, isEntering: true)
        #expect(outcomes == [.new, .unchanged(.pending)])
        let entered = try await reader.numbers(ofJobs: ["j2", "none"])
        try await reader.enter(entered + entered)
        #expect(try await queue.nextJobs(for: testLane, after: 0, limit: 10).map(\.customID) == ["new"])
        let due = try await queue.dueJobs(for: testLane, at: .max, limit: 10, excluding: [])
        #expect(due.map(\.customID) == ["j2"] && due.map(\.id) == entered)
        #expect(try await reader.counts(in: scope).pending == 2)
        #expect(try await reader.counts().pending == 4)
        // The reader still writes nothing else.
        await #expect(throws: StoreError.self) {
            try await reader.read { (connection) throws(SQLiteFailure) in try connection.execute("DELETE FROM requests")
            }
        }
    }
}

extension Connection {
    /// The steps of a query's plan.
    func plan(of query: SQL) throws(SQLiteFailure) -> [String] {
        // What a reader makes for itself.
        try execute("PRAGMA query_only = OFF")
        try execute(JobScope.inputTable)
        let statement = try explain(query)
        var steps: [String] = []
        while try statement.step() { steps.append(statement.text(3)) }
        return steps
    }
}
