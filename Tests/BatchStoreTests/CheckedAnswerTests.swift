import BatchEngine
import LLMStreaming
import Testing

@testable import BatchStore

/// What a check found, samples, and answers that are another job's: how they are stored, read, summed and handed on.
@Suite struct CheckedAnswerTests {
    private static let report = JSONObject([.init(key: "mended", value: ["code fence"])])
    private static let told: SQL =
        #"SELECT custom_id, "check", check_report, copied_from, base_id, sample FROM results ORDER BY line, custom_id"#

    @Test func whatACheckFoundStandsBesideTheAnswer() async throws {
        let store = try await TestStore(jobs: newJobs(3))
        try await store.complete("j1", check: .mended, report: Self.report)
        try await store.complete("j2", check: .failed, copiedFrom: "j1")
        try await store.complete("j3")
        #expect(
            try store.rows(Self.told) == [
                #"j1|mended|{"mended":["code fence"]}||j1|1"#, "j2|failed||j1|j2|1", "j3||||j3|1",
            ])
        let results = try await store.database.reader.results().results
        let answers = results.compactMap(\.completions.first)
        #expect(answers.map(\.check) == [.mended, .failed, nil])
        #expect(answers.map(\.copiedFrom) == [nil, "j1", nil])
        #expect(answers.map { $0.checkReport.flatMap { try? JSONParser.parse($0).object } } == [Self.report, nil, nil])
        try await store.database.close()
    }

    /// The tokens of the one answer are counted once, and nothing is billed for the other.
    @Test func anAnswerThatIsAnotherJobsCostsNothing() async throws {
        let store = try await TestStore(jobs: newJobs(2))
        try await store.complete("j1", text: "good", at: 2_000)
        try await store.complete("j2", copiedFrom: "j1", tokens: 7)
        #expect(
            try store.rows("SELECT billed_prompt_tokens, billed_completion_tokens, cost_usd FROM completions")
                == ["5|7|", "0|0|0.0"])
        #expect(
            try store.rows(
                "SELECT completed, completion_tokens, billed_completion_tokens, unpriced FROM usage_by_model")
                == ["2|7|7|1"])
        let statistics = try await store.database.reader.statistics()
        #expect(statistics.models.map(\.completed) == [2])
        #expect(statistics.usage.map(\.completionTokens) == [7])
        let counters = try await store.database.reader.counters()
        #expect(counters.tokens.values.sorted() == [5, 7])
        try await store.database.close()
    }

    @Test func aSampleKnowsTheIDOfItsLine() async throws {
        let store = try await TestStore(jobs: [
            newJob("a#1", line: 1, sample: 1), newJob("a#12", line: 1, sample: 12), newJob("b#2", line: 2),
            newJob("c", line: 3, sample: 2), newJob("ü#9#3", line: 4, sample: 3),
        ])
        for id in ["a#1", "a#12", "b#2", "c", "ü#9#3"] { try await store.complete(id) }
        let expected = ["a#1|a|1", "a#12|a|12", "b#2|b#2|1", "c|c|2", "ü#9#3|ü#9|3"]
        #expect(try store.rows("SELECT custom_id, base_id, sample FROM results ORDER BY line, custom_id") == expected)
        let results = try await store.database.reader.results().results
        #expect(results.map { "\($0.job.customID)|\($0.job.baseID)|\($0.job.sample ?? 1)" } == expected)
        #expect(try await store.database.reader.job(customID: "a#12")?.baseID == "a")
        // A job that was stored before samples were noted gets its number when it is read again.
        _ = try await store.database.ingest([newJob("b#2", line: 2, sample: 2)], onChanged: .error)
        #expect(try store.rows("SELECT base_id, sample FROM results WHERE custom_id = 'b#2'") == ["b|2"])
        try await store.database.close()
    }

    @Test func aJobOfAnEarlierRunCountsAsTheFirstSampleOfItsLine() async throws {
        let store = try await TestStore(
            jobs: [newJob("a", line: 1), newJob("b#1", line: 2, sample: 1), newJob("b", line: 3)])
        func samples(of id: String, line: Int) -> [NewJob] {
            (1...2).map { (number: Int) in newJob("\(id)#\(number)", line: line, sample: number) }
        }
        let reader = store.database.reader
        let jobs = samples(of: "a", line: 1) + samples(of: "b", line: 2) + samples(of: "c", line: 4)
        let named = try await reader.namingFirstSamples(jobs)
        #expect(named.map(\.customID) == ["a", "a#2", "b#1", "b#2", "c#1", "c#2"])
        #expect(named.map(\.sample) == [nil, 2, 1, 2, 1, 2])
        let outcomes = try await store.database.ingest(named, onChanged: .error)
        #expect(outcomes == [.unchanged(.pending), .new, .unchanged(.pending), .new, .new, .new])
        // Of other jobs none is looked at.
        let plain = [newJob("a#1", line: 1), newJob("x", line: 2, sample: 1)]
        #expect(try await reader.namingFirstSamples(plain) == plain)
        // While a new file is loaded nothing was stored before.
        let fresh = try await TestStore(name: "new.db")
        try await fresh.database.beginLoad()
        _ = try await fresh.database.ingest([newJob("a", line: 1)], onChanged: .error)
        #expect(try await fresh.database.reader.namingFirstSamples(jobs) == jobs)
        try await fresh.database.endLoad()
        try await fresh.database.close()
        try await store.database.close()
    }

    @Test func statisticsTellWhatChecksCameTo() async throws {
        let store = try await TestStore(jobs: newJobs(8))
        try await store.complete("j1", check: .ok, tokens: 90)
        try await store.complete("j2", check: .mended, tokens: 110)
        // Neither the wrong ones nor those without a check say how long a right one is.
        try await store.complete("j3", check: .failed, tokens: 5_000)
        try await store.complete("j4", tokens: 5_000)
        func usage(_ tokens: Int) -> [StreamedChunk] {
            [StreamedChunk(.text, "{"), StreamedChunk(.usage, #"{"prompt_tokens":1,"completion_tokens":\#(tokens)}"#)]
        }
        try await store.reject("j5", usage(30), code: .stoppedEarly)
        try await store.complete("j5", check: .ok, tokens: 100)
        try await store.reject("j6", usage(60), kind: .repetition, code: .stoppedEarly)
        try await store.reject("j6", usage(400), code: .stoppedEarly)
        try await store.reject("j7", usage(20))
        let expected = BatchStatistics.Checks()
        var checks = expected
        (checks.checked, checks.mended, checks.failed) = (4, 1, 1)
        (checks.askedAgain, checks.stoppedEarly, checks.tokensNotPaid) = (2, 3, 70 + 40)
        #expect(try await store.database.reader.statistics().checks == checks)
        var pace = RangePace()
        (pace.jobs, pace.pause) = (1, { _ in })
        #expect(try await store.database.reader.statistics(at: pace).checks == checks)
        // Of several databases they are the sum.
        let path = store.database.path
        try await store.database.close()
        let other = try await TestStore(jobs: [newJob("k")], name: "other.db", folder: store.folder)
        try await other.complete("k", check: .ok, tokens: 100)
        let union = try await BatchUnion([path, other.database.path])
        checks.checked = 5
        #expect(try await union.statistics { _ in nil }.checks == checks)
        await union.close()
        try await other.database.close()
    }

    @Test func partsHandThemOn() async throws {
        let fixture = try SharedFixture()
        let jobs = (1...3).map { (number: Int) in newJob("a#\(number)", line: 1, sample: number) }
        let dead = try await fixture.merging.open(1, on: jobs, in: "dead.db")
        try await dead.complete("a#1", check: .mended, report: Self.report, copiedFrom: "z")
        try await dead.reject("a#2", "wrong", code: .stoppedEarly)
        try await fixture.publisher(1, of: dead).publish(isLast: false)
        let path = try await fixture.fresh("new.db", jobs)
        #expect(try await fixture.takeIn(path).parts == 1)
        let merged = try await fixture.merge(try fixture.parts, into: "merged.db")
        for database in [path, merged] {
            #expect(
                try sqlRows(database, Self.told)
                    == [#"a#1|mended|{"mended":["code fence"]}|z|a|1"#])
            #expect(
                try sqlRows(database, "SELECT custom_id, status, answers, sample FROM jobs WHERE answers > 0")
                    == ["a#2|pending|1|2"])
            #expect(
                try sqlRows(database, "SELECT custom_id, text, stopped_early FROM rejected_answers") == ["a#2|wrong|1"])
            #expect(try sqlRows(database, "SELECT * FROM partials") == [])
        }
        try await dead.database.close()
    }
}

extension TestStore {
    /// Completes a job with what a check found.
    func complete(
        _ id: String, check: CompletionRecord.Check? = nil, report: JSONObject? = nil, copiedFrom: String? = nil,
        tokens: Int? = nil
    ) async throws {
        let job = try await job(id)
        let chunks = copiedFrom == nil ? textChunks("good") + [StreamedChunk(.finish, "stop")] : []
        let text = textChunks("good") + [StreamedChunk(.finish, "stop")]
        var end = try completedEnd(attempt(job, chunks), of: job, text)
        guard case .completed(var records) = end.transition else { throw NotThere() }
        for index in records.indices {
            records[index].check = check
            records[index].checkReport = report
            records[index].copiedFrom = copiedFrom
            records[index].completionTokens = tokens
        }
        if copiedFrom != nil {
            end.result = StreamResult(outcome: end.result.outcome)
            for index in records.indices { records[index].seams = [] }
        }
        end.transition = .completed(records)
        try await queue.endAttempt(end)
    }
}
