import AnswerChecks
import LLMStreaming
import Testing

@testable import BatchEngine

/// Runs of the real runner over jobs of which many ask the same (Contract, "Equal requests").
struct DedupedRunTests {
    /// Jobs of which each `distinct`-th asks the same: "job 1", "job 2", ...
    private static func jobs(_ count: Int, of distinct: Int, from first: Int = 1, options: String = "") -> [Job] {
        SimulatedRun.jobs(count, from: first).map { job in
            var job = job
            let number = (Int(job.id) - 1) % distinct + 1
            job.requestSHA256 = "sha-\(number)"
            job.request = Array(#"{"prompt":"job \#(number)"\#(options)}"#.utf8)
            return job
        }
    }

    private func run(
        _ jobs: [Job], isIntakeOpen: Bool = false, readTime: Duration = .milliseconds(3), seed: Int = 1,
        configure: @escaping (inout RunConfiguration) -> Void = { _ in },
        script: @escaping @Sendable (SimulatedCall) -> SimulatedAnswer
    ) throws -> SimulatedRun {
        try SimulatedRun(
            jobs, isIntakeOpen: isIntakeOpen, seed: seed,
            store: { SimulatedJobStore($0, jobs: $1, readTime: readTime, seed: seed) },
            configure: {
                $0.dedupes = true
                configure(&$0)
            }, script: script)
    }

    private static func usage(_ prompt: Int, _ completion: Int) throws -> TokenUsage {
        let report: JSON = ["prompt_tokens": .int(prompt), "completion_tokens": .int(completion)]
        return TokenUsage(raw: try #require(report.object))
    }

    private func expectSound(_ run: SimulatedRun) {
        #expect(run.store.history.violations.isEmpty, "\(run.store.history.violations)")
        #expect(!run.store.hasWrites)
    }

    private func sources(_ run: SimulatedRun) -> [Int64: String?] {
        run.store.history.answers.mapValues { $0.first?.copiedFrom }
    }

    @Test(arguments: 1...20)
    func ofEqualJobsOneIsSent(seed: Int) throws {
        let run = try run(Self.jobs(200, of: 20), seed: seed) { call in
            .says("answer ", "\(call.job)", after: .milliseconds(200 + 100 * call.job))
        }
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.map(\.job).sorted() == Array(1...20))
        #expect(run.store.count(.completed) == 200)
        for (id, records) in run.store.history.answers {
            let number = (Int(id) - 1) % 20 + 1
            #expect(records.map(\.choice.content) == ["answer \(number)"])
            #expect(records[0].copiedFrom == (id <= 20 ? nil : "job-\(number)"))
            guard id > 20 else { continue }
            #expect(records[0].seams.map(\.restored) == ["answer \(number)"] && records[0].seams[0].kept == 0)
        }
        let snapshot = try run.snapshot()
        #expect(snapshot.completed == 200 && snapshot.copied == 180 && snapshot.running == 0)
        #expect(snapshot.finishReasons == [.stop: 200])
        expectSound(run)
    }

    /// With it off nobody is asked whether somebody has an answer.
    @Test func neverByDefault() throws {
        let run = try run(Self.jobs(40, of: 4), configure: { $0.dedupes = false }) { _ in .says("one ", "two") }
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.count == 40 && run.store.history.lookUps == 0)
        #expect(sources(run).values.allSatisfy { $0 == nil })
    }

    @Test func samplesAndChecksAreAskedApart() throws {
        var jobs = Self.jobs(8, of: 1)
        for index in 0..<4 { jobs[index].sample = index % 2 + 1 }
        for index in 4..<6 { jobs[index].check = Array(#"{"max_chars":99}"#.utf8) }
        let run = try run(jobs) { _ in .says("one ", "two") }
        #expect(try run.finish() == .finished)
        // Two samples, those with a check, and those without.
        #expect(run.source.calls.count == 4)
        #expect(sources(run).filter { $0.value != nil } == [3: "job-1", 4: "job-2", 6: "job-5", 8: "job-7"])
        #expect(run.store.history.answers[6]?.first?.check == .ok)
        expectSound(run)
    }

    /// An open stream, a rate and a budget hold up who is sent; who waits for one takes none of them.
    @Test func whoWaitsTakesNoStreamAndNoRate() throws {
        let usage = try Self.usage(10, 90)
        let run = try run(
            Self.jobs(1000, of: 2),
            configure: {
                $0.concurrency = 2
                $0.limits["lab"] = ProviderLimits(requestsPerMinute: 1)
                $0.tokens = Budget(cap: 9_000)
            },
            script: { _ in
                var answer = SimulatedAnswer.says("one ", "two", after: .seconds(5))
                answer.usage = usage
                return answer
            })
        #expect(try run.finish(limit: .seconds(300)) == .finished)
        #expect(run.source.calls.count == 2 && run.store.count(.completed) == 1000)
        #expect(run.simulation.clock.elapsed < .seconds(80))
        let snapshot = try run.snapshot()
        #expect(snapshot.completionTokens == 180 && snapshot.promptTokens == 20)
        expectSound(run)
    }

    @Test func whoWaitsFailsWithTheOneThatWasSent() throws {
        let run = try run(Self.jobs(30, of: 3)) { call in
            call.job == 2 ? .fails(.invalidRequest) : .says("one ", "two")
        }
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.count == 3)
        #expect(run.store.count(.completed) == 20 && run.store.count(.failed) == 10)
        let failed = run.store.history.ends.filter { $0.status == .failed }
        #expect(failed.count == 10 && failed.allSatisfy { $0.error?.kind == .invalidRequest })
        #expect(Set(failed.map(\.error?.message)) == ["on purpose"])
        #expect(failed.count { $0.counts } == 1 && failed.count { $0.isTaken } == 9)
        expectSound(run)
    }

    /// Nothing of a follower's was rejected: it had no answer.
    @Test func whoWaitsFailsWithAWrongAnswer() throws {
        var jobs = Self.jobs(6, of: 1)
        for index in jobs.indices { jobs[index].check = Array(#"{"max_chars":3}"#.utf8) }
        let run = try run(jobs, configure: { $0.answers.onInvalid = .fail }) { _ in .says("one ", "two") }
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.count == 1 && run.store.count(.failed) == 6)
        #expect(run.store.history.ends.count { $0.rejectsAnswer } == 1)
        #expect(run.store.history.ends.allSatisfy { $0.error?.kind == .invalidAnswer })
        #expect(try run.snapshot().stoppedEarly <= 1)
        expectSound(run)
    }

    @Test(arguments: 1...10)
    func whoWaitsWaitsWithARetry(seed: Int) throws {
        let run = try run(Self.jobs(400, of: 4), readTime: .milliseconds(20), seed: seed) { call in
            call.attempt < 4 ? .fails(.server, saying: call.attempt == 2 ? ["one "] : []) : .says("one ", "two")
        }
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.count == 16 && run.store.count(.completed) == 400)
        #expect(sources(run).values.count { $0 != nil } == 396)
        expectSound(run)
    }

    @Test func whatEndedInAnEarlierRunIsNotSent() throws {
        let first = try run(Self.jobs(10, of: 10)) { call in
            call.job == 7 ? .fails(.invalidRequest) : .says("one ", "\(call.job)")
        }
        #expect(try first.finish() == .finished)
        // The same store: a job that failed then may do better now.
        first.store.append(Self.jobs(40, of: 10, from: 11))
        first.store.beginRun()
        let second = try SimulatedRun(
            [], in: first.simulation, store: { _, _ in first.store }, configure: { $0.dedupes = true }
        ) { _ in .says("again ", "7") }
        #expect(try second.finish() == .finished)
        #expect(second.source.calls.map(\.job) == [7])
        #expect(first.store.count(.completed) == 49)
        #expect(sources(first)[21] == "job-1" && sources(first)[27] == "job-17" && sources(first)[17] == .some(nil))
        expectSound(first)
    }

    /// The source of a copy of a copy is the one that was sent.
    @Test func aCopyIsNeverASource() throws {
        let first = try run(Self.jobs(1, of: 1)) { _ in .says("one ", "two") }
        #expect(try first.finish() == .finished)
        for part in 0..<3 {
            first.store.append(Self.jobs(2, of: 1, from: 2 + 2 * part))
            first.store.beginRun()
            let next = try SimulatedRun(
                [], in: first.simulation, store: { _, _ in first.store }, configure: { $0.dedupes = true }
            ) { _ in .says("never") }
            #expect(try next.finish() == .finished && next.source.calls.isEmpty)
        }
        #expect(sources(first).filter { $0.value == "job-1" }.count == 6)
        expectSound(first)
    }

    @Test func jobsThatComeLaterTakeWhatIsThere() throws {
        let run = try run(Self.jobs(5, of: 5), isIntakeOpen: true) { _ in .says("one ", "two") }
        let process = run.start()
        run.simulation.advance(by: .milliseconds(500))
        // While the first are open, and when they have ended.
        run.store.append(Self.jobs(50, of: 5, from: 6))
        run.runner.wake()
        run.simulation.advance(by: .seconds(10))
        #expect(run.store.count(.completed) == 55)
        run.store.append(Self.jobs(50, of: 5, from: 56))
        run.closeIntake()
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.source.calls.count == 5 && run.store.count(.completed) == 105)
        expectSound(run)
    }

    @Test func aSpentBudgetLeavesWhoWaitsPending() throws {
        let usage = try Self.usage(500, 500)
        let run = try run(
            Self.jobs(12, of: 4, options: #","options":{"max_tokens":600}"#),
            configure: { ($0.tokens, $0.concurrency) = (Budget(cap: 2_500), 1) },
            script: { _ in
                var answer = SimulatedAnswer.says("one ", "two")
                answer.usage = usage
                return answer
            })
        #expect(try run.finish() == .limited("max-tokens-total"))
        #expect(run.source.calls.count == 2)
        // Who waited for one that was answered has that by now.
        #expect(run.store.count(.completed) == 6 && run.store.count(.pending) == 6)
        expectSound(run)
    }

    @Test func aStoppedProviderLeavesWhoWaitsPending() throws {
        let run = try run(Self.jobs(40, of: 4)) { _ in .fails(.auth) }
        #expect(try run.finish() == .providersStopped)
        #expect(run.store.count(.pending) == 40 && run.source.calls.count <= 4)
        expectSound(run)
    }

    @Test func aBoundOnJobsIsOfThoseThatAreSent() throws {
        let run = try run(Self.jobs(40, of: 4), configure: { $0.maximumJobs = 3 }) { _ in .says("one ", "two") }
        #expect(try run.finish() == .limited("max-jobs"))
        #expect(run.source.calls.count == 3 && run.store.count(.completed) >= 3)
        #expect(run.store.count(.completed) + run.store.count(.pending) == 40)
        expectSound(run)
    }

    // MARK: - What this run asks of answers

    /// An earlier answer that is wrong now is asked for once more, and that one counts from then on.
    @Test(arguments: [1, 7, 300]) func anEarlierAnswerIsJudgedByTheRulesOfNow(copies: Int) throws {
        let first = try run(Self.jobs(4, of: 4)) { _ in .says("far too ", "long") }
        #expect(try first.finish() == .finished)
        first.store.append(Self.jobs(4 * copies, of: 4, from: 5))
        first.store.beginRun()
        let second = try SimulatedRun(
            [], in: first.simulation, store: { _, _ in first.store },
            configure: {
                $0.dedupes = true
                $0.answers.check = try? AnswerCheck(JSONParser.parse(Array(#"{"max_chars":5}"#.utf8)))
            },
            script: { _ in .says("ok ", "2") })
        #expect(try second.finish() == .finished)
        #expect(second.source.calls.count == 4)
        let answers = first.store.history.answers
        #expect(answers.count == 4 + 4 * copies)
        for (id, records) in answers where id > 4 {
            #expect(records[0].choice.content == "ok 2" && records[0].check == .ok, "\(id)")
        }
        expectSound(first)
    }

    /// What was taken without a check is taken with what the check of now says of it.
    @Test func anEarlierAnswerThatIsRightIsMarkedSo() throws {
        let first = try run(Self.jobs(1, of: 1)) { _ in .says("one ", "two") }
        #expect(try first.finish() == .finished)
        first.store.append(Self.jobs(5, of: 1, from: 2))
        first.store.beginRun()
        let second = try SimulatedRun(
            [], in: first.simulation, store: { _, _ in first.store },
            configure: {
                $0.dedupes = true
                $0.answers.check = try? AnswerCheck(JSONParser.parse(Array(#"{"max_chars":50}"#.utf8)))
            },
            script: { _ in .says("never") })
        #expect(try second.finish() == .finished && second.source.calls.isEmpty)
        #expect(first.store.history.answers.values.compactMap { $0[0].check }.count == 5)
        expectSound(first)
    }

    /// A copy that comes late is as good as one that waited.
    @Test func anAnswerThatThisRunTookStaysTaken() throws {
        let usage = try Self.usage(5, 5)
        let run = try run(
            Self.jobs(1, of: 1), isIntakeOpen: true, configure: { $0.answers.onLength = .more },
            script: { _ in
                var answer = SimulatedAnswer.says("one ", "two")
                answer.finish = "length"
                answer.usage = usage
                return answer
            })
        let process = run.start()
        run.simulation.advance(by: .seconds(20))
        let calls = run.source.calls.count
        for _ in 0..<3 {
            run.store.append(Self.jobs(3, of: 1, from: 2))
            run.runner.wake()
            run.simulation.advance(by: .seconds(5))
        }
        run.closeIntake()
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.source.calls.count == calls && run.store.count(.completed) == 10)
        expectSound(run)
    }

    // MARK: - Much of it

    /// Known lines of a pipe that come again are due: each is looked at once.
    @Test func jobsThatAreDueAreReadOnce() throws {
        let run = try run(Self.jobs(3000, of: 3)) { _ in .says("one ", "two", after: .seconds(5)) }
        for id in 1...3000 as ClosedRange<Int64> { run.store.wait(id, until: 0) }
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.count == 3 && run.store.count(.completed) == 3000)
        #expect(run.store.history.handedOut < 3000 + 1000, "\(run.store.history.handedOut)")
        expectSound(run)
    }

    /// However many take an end, others are sent meanwhile, and nobody is read for it.
    @Test func manyThatTakeAnEndAreNotReadForIt() throws {
        let run = try run(Self.jobs(20_000, of: 2), readTime: .zero) { call in
            .says("one ", "two", after: .milliseconds(10 * call.job))
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.count(.completed) == 20_000 && run.source.calls.count == 2)
        #expect(run.store.history.handedOut < 20_100, "\(run.store.history.handedOut)")
        expectSound(run)
    }

    /// The one that was sent is cancelled again and again: one job is read each time.
    @Test func whoTakesThePlaceOfACancelledJobIsReadAlone() throws {
        let run = try run(Self.jobs(5000, of: 1), configure: { $0.concurrency = 2 }) { _ in
            .says("one ", "two", after: .seconds(50))
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(2))
        for id in 1...20 as ClosedRange<Int64> {
            try cancel([id], in: run)
            run.simulation.advance(by: .seconds(1))
        }
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.cancelled) == 20 && run.store.count(.completed) == 4980)
        #expect(run.source.calls.count == 21)
        #expect(run.store.history.handedOut < 5100, "\(run.store.history.handedOut)")
        expectSound(run)
    }

    // MARK: - Control

    private func cancel(_ ids: [Int64], in run: SimulatedRun) throws {
        let process = run.simulation.start { [runner = run.runner] in await runner.cancel(ids) }
        _ = try run.simulation.finish(process, limit: .seconds(5))
        let stored = run.store.cancel(ids)
        try run.simulation.perform { [runner = run.runner] in
            await runner.didCancel(stored.map { ($0, "job-\($0)") })
        }
    }

    /// Of the one that is sent, of one that waits for it, and of one that waits for a place.
    @Test func anotherIsSentWhereTheFirstIsCancelled() throws {
        let run = try run(Self.jobs(30, of: 3), configure: { $0.concurrency = 2 }) { _ in
            .says("one ", "two", after: .seconds(5))
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(1))
        #expect(run.source.open == 2)
        try cancel([1, 4, 3], in: run)
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.cancelled) == 3 && run.store.count(.completed) == 27)
        #expect(run.source.calls.map(\.job).sorted() == [1, 1, 2, 3])
        #expect(Set(sources(run).values) == [nil, "job-2", "job-7", "job-6"])
        expectSound(run)
    }

    /// Between the end of its stream and the COMMIT of that.
    @Test(arguments: 0...30) func whoWaitsForAJobThatIsCancelledAsItFailsIsNotForgotten(tenths: Int) throws {
        let run = try run(Self.jobs(5, of: 1)) { call in
            call.attempt == 1 ? .fails(.server, after: .milliseconds(100)) : .says("one ", "two")
        }
        let process = run.start()
        run.simulation.advance(by: .milliseconds(10 * tenths))
        try cancel([1], in: run)
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 4 && run.store.count(.cancelled) == 1)
        expectSound(run)
    }

    /// Its line is gone from the file: the store does not hand it out any more.
    @Test func whoWaitsForAJobThatLeftTheScopeIsSent() throws {
        let run = try run(Self.jobs(6, of: 2)) { call in
            call.job == 1 && call.attempt == 1 ? .fails(.server) : .says("one ", "two")
        }
        let process = run.start()
        run.simulation.advance(by: .milliseconds(1_150))
        #expect(run.store.leave(1))
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 5 && run.store.count(.pending) == 1)
        expectSound(run)
    }

    /// The end of a job that asks something else by now is nobody's.
    @Test func anEndThatCannotBeTakenIsNotOfferedForEver() throws {
        let run = try run(Self.jobs(1, of: 1), isIntakeOpen: true) { call in
            call.attempt == 1 ? .fails(.invalidRequest) : .says("one ", "two")
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(5))
        #expect(run.store.count(.failed) == 1)
        run.store.annotate(1, check: Array(#"{"max_chars":9}"#.utf8))
        run.store.append(Self.jobs(3, of: 1, from: 2))
        run.closeIntake()
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.store.count(.completed) == 3)
        expectSound(run)
    }

    @Test func whoWaitsIsNotSentForBeingWantedNext() throws {
        let run = try run(Self.jobs(300, of: 3), configure: { $0.concurrency = 2 }) { _ in
            .says("one ", "two", after: .seconds(5))
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(1))
        try run.simulation.perform { [runner = run.runner] in await runner.sendNext([4, 299, 7, 3]) }
        #expect(try run.simulation.finish(process) == .finished)
        #expect(run.source.calls.map(\.job).sorted() == [1, 2, 3] && run.store.count(.completed) == 300)
        expectSound(run)
    }

    @Test func whatRunsAfterADrainIsLeft() throws {
        let run = try run(Self.jobs(40, of: 4)) { _ in .says("one ", "two", after: .seconds(60)) }
        let process = run.start()
        run.simulation.advance(by: .seconds(1))
        try run.stop()
        #expect(try run.simulation.finish(process) == .stopped)
        #expect(run.store.count(.completed) == 0 && run.source.calls.count == 4)
        expectSound(run)
    }

    /// Whatever the user does meanwhile, nothing is sent twice and nobody is left behind.
    @Test(arguments: 1...30)
    func nothingIsLostInAnyOrder(seed: Int) throws {
        let run = try run(
            Self.jobs(300, of: 7), isIntakeOpen: true, readTime: .milliseconds(40), seed: seed,
            configure: { $0.concurrency = 3 },
            script: { call in
                if call.job == 5 { return .fails(.invalidRequest) }
                return call.attempt == 1 && call.job % 2 == 0
                    ? .fails(.cut, saying: ["one "]) : .says("one ", "two", after: .milliseconds(700))
            })
        var random = SeededRandom(seed: SeededRandom.seed(seed))
        let process = run.start()
        var cancelled: Set<Int64> = []
        for step in 0..<12 {
            run.simulation.advance(by: .milliseconds(Int.random(in: 1...400, using: &random)))
            let id = Int64.random(in: 1...290, using: &random)
            switch step % 4 {
            case 0:
                try cancel([id, id + 7], in: run)
                cancelled.formUnion([id, id + 7])
            case 1: try run.simulation.perform { [runner = run.runner] in await runner.sendNext([id, 300 - id + 1]) }
            case 2:
                _ = try run.simulation.perform { [runner = run.runner] in await runner.pause() }
                run.simulation.advance(by: .milliseconds(200))
                try run.simulation.perform { [runner = run.runner] in await runner.resume() }
            default:
                run.store.append(Self.jobs(30, of: 9, from: 1 + run.store.jobs.count))
                run.runner.wake()
            }
        }
        run.closeIntake()
        #expect(try run.simulation.finish(process) == .finished, "seed \(seed)")
        #expect(run.store.count(.pending) + run.store.count(.interrupted) + run.store.count(.running) == 0)
        #expect(run.store.count(.cancelled) <= cancelled.count)
        let sent = run.store.history.answers.values.count { $0[0].copiedFrom == nil }
        #expect(sent <= 9, "seed \(seed): \(sent)")
        expectSound(run)
    }
}
