import AnswerChecks
import BatchEngine
import LLMStreaming
import Testing

/// What follows answers that are not what their jobs ask for, in runs of the real runner.
struct CheckedAnswerTests {
    private static let schema =
        #"{"json_schema":{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}}"#
    private static let right = #"{"a": 1}"#
    private static let wrong = #"{"a": "one", "and so on": "to be read by nobody"}"#
    private static let warm = #","options":{"temperature":0.7}"#

    /// A run whose jobs have a check, and whose answers are those of a script.
    private func run(
        _ count: Int = 1, check: String? = schema, options: String = warm,
        configure: @escaping (inout AnswerPolicy) -> Void = { _ in },
        script: @escaping @Sendable (SimulatedCall) -> SimulatedAnswer
    ) throws -> SimulatedRun {
        let jobs = SimulatedRun.jobs(count, options: options).map { job in
            var job = job
            job.check = check.map { Array($0.utf8) }
            return job
        }
        let run = try SimulatedRun(jobs, configure: { configure(&$0.answers) }, script: script)
        #expect(try run.finish() == .finished)
        #expect(run.store.history.violations.isEmpty, "\(run.store.history.violations)")
        return run
    }

    private func record(_ run: SimulatedRun, _ job: Int64 = 1) throws -> CompletionRecord {
        try #require(run.store.history.answers[job]?.first)
    }

    private func errors(_ run: SimulatedRun) -> [LLMError?] { run.store.history.ends.map(\.error) }

    @Test func aRightAnswerCompletesItsJob() throws {
        let run = try run { _ in .says(Self.right) }
        #expect(run.source.calls.count == 1)
        #expect(try record(run).check == .ok)
        #expect(try record(run).checkReport == nil)
    }

    @Test func withoutACheckNothingIsSaidOfAnAnswer() throws {
        let run = try run(check: nil) { _ in .says(Self.wrong) }
        #expect(try record(run).check == nil)
        #expect(try record(run).checkReport == nil)
    }

    @Test func theCheckOfTheRunHoldsWhereAJobHasNone() throws {
        let check = try AnswerCheck(["regex": "^yes$"])
        let run = try run(check: nil, configure: { $0.check = check }) { call in
            .says(call.attempt == 1 ? "no" : "yes")
        }
        #expect(run.source.calls.count == 2)
        let own = try self.run(configure: { $0.check = check }) { _ in .says(Self.right) }
        #expect(try record(own).check == .ok)
    }

    @Test func aWrongAnswerIsAskedForAgainAndCostsNoAttempt() throws {
        let run = try run(50) { call in
            call.attempt < 3 ? .says(#"{"a": "one", "and so"#, #"on": "to be read by nobody"}"#) : .says(Self.right)
        }
        #expect(run.store.count(.completed) == 50)
        #expect(run.source.calls.count == 150)
        #expect(run.store.jobs.allSatisfy { $0.attempts == 1 && $0.attemptCount == 3 })
        let snapshot = try run.snapshot()
        #expect(snapshot.askedAgain == 100)
        #expect(snapshot.stoppedEarly == 100)
    }

    @Test func afterTheMostAnswersTheJobFailsWithTheReason() throws {
        let run = try run(configure: { $0.maximumAnswers = 4 }) { _ in .says(Self.wrong) }
        #expect(run.source.calls.count == 4)
        let job = run.store.jobs[0]
        #expect(job.status == .failed && job.attempts == 0)
        let error = try #require(errors(run).last ?? nil)
        #expect(error.kind == .invalidAnswer)
        #expect(error.message.contains("/a") && error.message.contains("integer"), "\(error.message)")
        #expect(try run.snapshot().failed == 1)
    }

    @Test(
        arguments: [
            ("", 2), (#","options":{"temperature":0}"#, 2), (#","options":{"temperature":0.0,"seed":7}"#, 3),
            (#","options":{"seed":7}"#, 3), (#","options":{"temperature":0.1}"#, 3),
        ])
    func anAnswerThatWillBeTheSameIsAskedForOnceMore(options: String, calls: Int) throws {
        let run = try run(options: options) { _ in .says(Self.wrong) }
        #expect(run.source.calls.count == calls)
    }

    @Test func theModelIsToldWhatWasWrong() throws {
        let run = try run(options: "", configure: { $0.onInvalid = .ask }) { call in
            .says(call.attempt < 3 ? Self.wrong : Self.right)
        }
        let calls = run.source.calls
        #expect(calls.count == 3)
        #expect(calls[0].correction == nil)
        for call in calls.dropFirst() {
            let words = try #require(call.correction)
            #expect(words.hasPrefix("Your previous response is not valid"))
            #expect(words.contains("/a") && words.contains("integer"), "\(words)")
        }
        #expect(try record(run).check == .ok)
    }

    @Test func aBlankAnswerIsNotShownToTheModel() throws {
        let run = try run(configure: { $0.onInvalid = .ask }) { call in .says(call.attempt == 1 ? " \n " : Self.right) }
        #expect(run.source.calls.map(\.correction) == [nil, nil])
        #expect(errors(run).first??.code == RejectedAnswer.Code.blank.rawValue)
    }

    /// The provider found the answer wrong and did not send it: nothing of it can be named, so the request is the same.
    @Test func whatWasNotSentIsAskedForAsTheSameRequest() throws {
        let run = try run(options: #","options":{"temperature":0}"#, configure: { $0.onInvalid = .ask }) { _ in
            let error = LLMError(
                .invalidRequest, "Failed to generate JSON", httpStatus: 400, code: "json_validate_failed")
            return SimulatedAnswer(ending: .fails(error))
        }
        #expect(run.source.calls.map(\.correction) == [nil, nil])
        #expect(run.store.jobs[0].status == .failed)
        #expect(errors(run).allSatisfy { $0?.kind == .invalidAnswer })
    }

    /// Nothing goes on from text that can belong to no right answer, whatever else befell its stream.
    @Test func aWrongAnswerThatBreaksIsAWrongAnswer() throws {
        let run = try run { call in
            call.attempt == 1
                ? .fails(.cut, after: .zero, saying: [#"{"a": "one", "b": "two"#]) : .says(Self.right)
        }
        #expect(errors(run).map { $0?.kind } == [.invalidAnswer, nil])
        #expect(try record(run).seams.count <= 1)
    }

    @Test func anAnswerMayBeKeptAllTheSame() throws {
        let run = try run(configure: { $0.onInvalid = .keep }) { _ in .says(Self.wrong) }
        #expect(run.source.calls.count == 1)
        let record = try record(run)
        #expect(record.check == .failed)
        // To its end.
        #expect(record.choice.content == Self.wrong)
        #expect(record.checkReport?["findings"]?.array?.isEmpty == false)
    }

    @Test func aWrongAnswerMayFailItsJobAtOnce() throws {
        let run = try run(configure: { $0.onInvalid = .fail }) { _ in .says(Self.wrong) }
        #expect(run.source.calls.count == 1)
        #expect(run.store.jobs[0].status == .failed)
    }

    @Test func aFenceIsTakenOff() throws {
        let text = "<think>Well.</think>\n```json\n\(Self.right)\n```\n"
        let run = try run { _ in .says(text) }
        let record = try record(run)
        #expect(record.check == .mended)
        #expect(record.choice.content == Self.right)
        #expect(record.checkReport?["mended"]?.array?.isEmpty == false)
        #expect(Texts.rebuild(record.seams, from: [1: text]) == Self.right)
        #expect(try run.snapshot().mended == 1)
    }

    @Test func aStreamIsClosedAtTheFirstWrongByte() throws {
        // The first half comes at once; the second would take a day.
        let run = try run(configure: { $0.maximumAnswers = 1 }) { _ in
            .says(#"{"a": "#, #""one""#, "}", "", after: .seconds(86_400))
        }
        #expect(run.simulation.clock.elapsed < .seconds(60))
        let end = try #require(run.store.history.ends.first)
        #expect(end.status == .failed && !end.counts)
        #expect(end.error?.code == RejectedAnswer.Code.stoppedEarly.rawValue)
        #expect(end.partial?.answer.text == #"{"a": "one""#)
    }

    @Test func nothingIsStoppedThatIsKept() throws {
        let run = try run(configure: { $0.onInvalid = .keep }) { _ in
            .says(#"{"a": "#, #""one""#, "}", "", after: .seconds(60))
        }
        #expect(try record(run).choice.content == #"{"a": "one"}"#)
    }

    @Test func aCutAnswerIsNotAskedForInTheSameSize() throws {
        let run = try run { _ in
            var answer = SimulatedAnswer.says(#"{"a": 1"#)
            answer.finish = "length"
            return answer
        }
        #expect(run.source.calls.count == 1)
        let error = try #require(errors(run).last ?? nil)
        #expect(error.kind == .invalidAnswer && error.code == RejectedAnswer.Code.length.rawValue)
    }

    @Test(arguments: [schema, nil])
    func aCutAnswerMayHaveTwiceTheRoomOnce(check: String?) throws {
        let run = try run(check: check, options: #","options":{"max_tokens":100}"#, configure: { $0.onLength = .more })
        {
            call in
            var answer = SimulatedAnswer.says(#"{"a": 1"#)
            answer.finish = "length"
            return call.attempt == 1 ? answer : .says(Self.right)
        }
        #expect(run.source.calls.map(\.maximumTokens) == [100, 200])
        #expect(run.store.count(.completed) == 1)
        let never = try self.run(
            check: check, options: #","options":{"max_tokens":100}"#, configure: { $0.onLength = .more }
        ) { _ in
            var answer = SimulatedAnswer.says(#"{"a": 1"#)
            answer.finish = "length"
            return answer
        }
        #expect(never.source.calls.map(\.maximumTokens) == [100, 200])
        #expect(never.store.jobs[0].status == (check == nil ? .completed : .failed))
    }

    @Test func whereNoBoundIsSetTheTokensThatCameAreDoubled() throws {
        let run = try run(configure: { $0.onLength = .more }) { call in
            var answer = SimulatedAnswer.says(call.attempt == 1 ? #"{"a": 1"# : Self.right)
            answer.usage = TokenUsage(raw: JSONObject([.init(key: "completion_tokens", value: 321)]))
            answer.finish = call.attempt == 1 ? "length" : "stop"
            return answer
        }
        #expect(run.source.calls.map(\.maximumTokens) == [nil, 642])
    }

    @Test func aRefusalIsNotAskedForAgain() throws {
        let run = try run { _ in
            var answer = SimulatedAnswer.says("I will not.")
            answer.finish = "refusal"
            return answer
        }
        #expect(run.source.calls.count == 1)
        #expect(errors(run).last??.code == RejectedAnswer.Code.refusal.rawValue)
    }

    @Test func aRefusedSchemaStopsTheModelAndNotEachJob() throws {
        let format = #","options":{"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{}}}}"#
        let run = try SimulatedRun(
            SimulatedRun.jobs(500, options: format).map { job in
                var job = job
                job.check = Array(#""response_format""#.utf8)
                return job
            }
        ) { _ in
            let error = LLMError(
                .invalidRequest, "Invalid schema for response_format 'x': 'type' is missing", httpStatus: 400)
            return SimulatedAnswer(ending: .fails(error))
        }
        _ = try run.finish()
        #expect(run.store.count(.failed) == 0)
        #expect(try run.snapshot().stoppedProviders["lab/m"]?.contains("Invalid schema") == true)
        #expect(run.source.calls.count <= 64)
    }

    @Test func theMostAnswersBoundWhateverAsksForAnother() throws {
        for configure: @Sendable (inout AnswerPolicy) -> Void in [
            { $0.onLength = .more }, { $0.loops = .stop }, { $0.onInvalid = .ask },
        ] {
            let run = try run(
                configure: {
                    configure(&$0)
                    $0.maximumAnswers = 1
                },
                script: { _ in
                    var answer = SimulatedAnswer.says(Self.wrong + Self.loop, "")
                    answer.finish = "length"
                    return answer
                })
            #expect(run.source.calls.count == 1)
        }
    }

    // MARK: - Loops

    private static let loop = String(repeating: "The same sentence is written once more. ", count: 80)

    @Test func aLoopIsMarked() throws {
        let run = try run(check: nil) { _ in .says("Well: " + Self.loop) }
        let record = try record(run)
        #expect(record.check == nil)
        let loop = try #require(record.checkReport?["loop"])
        #expect(loop["copies"]?.int == 80 && loop["period"]?.int == 40 && loop["start"]?.int == 5, "\(loop)")
    }

    @Test func aLoopIsStoppedAndTheNextRequestsAreWarmer() throws {
        let run = try run(check: nil, options: #","options":{"temperature":0.5}"#, configure: { $0.loops = .stop }) {
            _ in
            .says("Well. " + Self.loop, "", after: .seconds(86_400))
        }
        #expect(run.source.calls.map(\.temperature) == [0.5, 0.8, 1.0])
        #expect(run.store.jobs[0].status == .failed)
        #expect(errors(run).allSatisfy { $0?.kind == .repetition })
        #expect(run.simulation.clock.elapsed < .seconds(600))
    }
}
