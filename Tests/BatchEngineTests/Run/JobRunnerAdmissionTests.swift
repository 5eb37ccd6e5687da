import BatchEngine
import LLMStreaming
import Testing

/// Limits, pauses, outages and budgets, through the real runner in simulated time.
struct JobRunnerAdmissionTests {
    @Test(arguments: [(600, 2000), (6000, 2000)])
    func aRunKeepsToItsRequestsPerMinuteAndUsesThemUp(rpm: Int, jobs: Int) throws {
        let run = try SimulatedRun(
            SimulatedRun.jobs(jobs),
            configure: { $0.limits["lab"] = ProviderLimits(requestsPerMinute: rpm) }
        ) { _ in .says("one", after: .milliseconds(300)) }
        #expect(try run.finish() == .finished)
        let ideal = Double(jobs) * 60 / Double(rpm)
        #expect(run.simulation.clock.elapsed.seconds < ideal * 1.1)
        let times = run.source.calls.map(\.time)
        for (index, time) in times.enumerated() where index >= rpm {
            #expect(time - times[index - rpm] >= .milliseconds(57_900))
        }
    }

    @Test func tokensPerMinuteAreKeptByRealUsage() throws {
        let usage = TokenUsage(
            raw: JSONObject([.init(key: "prompt_tokens", value: 100), .init(key: "completion_tokens", value: 900)]))
        let run = try SimulatedRun(
            SimulatedRun.jobs(600),
            configure: { $0.limits["lab"] = ProviderLimits(tokensPerMinute: 120_000) }
        ) { _ in SimulatedAnswer(time: .seconds(2), pieces: ["one"], usage: usage) }
        #expect(try run.finish() == .finished)
        // 600,000 tokens at 120,000 a minute.
        #expect((280..<340) ~= run.simulation.clock.elapsed.components.seconds)
    }

    /// What leaves a provider paused, and nothing that waits for its pause.
    @Test(arguments: [(kind: ErrorKind.server, jobs: 1), (.overloaded, 1), (.server, 5)])
    func aRunWithNothingLeftDoesNotWaitForAPause(kind: ErrorKind, jobs: Int) throws {
        let run = try SimulatedRun(SimulatedRun.jobs(jobs), configure: { $0.retry.maximumAttempts = 1 }) { _ in
            .fails(kind, retryAfter: .seconds(600))
        }
        #expect(try run.finish() == .finished)
        #expect(run.source.calls.count == jobs)
        #expect(run.simulation.clock.elapsed < .seconds(10))
    }

    @Test func aRunThatHasTakenUpAllThatItMayDoesNotWaitForAPause() throws {
        let run = try SimulatedRun(
            SimulatedRun.jobs(50),
            configure: {
                $0.retry.maximumAttempts = 1
                $0.maximumJobs = 1
            }
        ) { _ in .fails(.server, retryAfter: .seconds(600)) }
        #expect(try run.finish() == .limited("max-jobs"))
        #expect(run.simulation.clock.elapsed < .seconds(10))
    }

    @Test func aRateLimitPausesEverybodyAndNobodyComesBackInTheSameInstant() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(2000)) { call in
            (.seconds(10)..<(.seconds(11))).contains(call.time)
                ? .fails(.rateLimit, after: .milliseconds(50), retryAfter: .seconds(20)) : .says("one")
        }
        #expect(try run.finish() == .finished)
        let calls = run.source.calls.map(\.time)
        let pause = calls.filter { $0 > .milliseconds(11_200) && $0 < .seconds(30) }
        #expect(pause.isEmpty)
        let after = calls.filter { $0 >= .seconds(30) && $0 < .seconds(33) }
        for (index, time) in after.enumerated() where index >= 8 {
            #expect(time - after[index - 8] >= .milliseconds(100))
        }
        #expect(calls.count { $0 >= .seconds(10) && $0 < .seconds(11) } <= 70)
    }

    @Test func anOutageCostsNoAttemptsAndIsWaitedFor() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(1000)) { call in
            (.seconds(5)..<(.seconds(185))).contains(call.time)
                ? .fails(.connect, after: .milliseconds(5)) : .says("one")
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.count(.completed) == 1000)
        #expect(run.store.jobs.allSatisfy { $0.attempts <= 2 })
        let during = run.source.calls.count { $0.time > .seconds(20) && $0.time < .seconds(185) }
        #expect(during < 10)
        #expect(run.simulation.clock.elapsed < .seconds(270))
    }

    @Test func anOutageThatLastsStopsTheProviderAndNotTheOthers() throws {
        let jobs = SimulatedRun.jobs(500) + SimulatedRun.jobs(2000, from: 501, provider: "other")
        let run = try SimulatedRun(jobs, providers: ["lab", "other"]) { call in
            call.provider == "lab" ? .fails(.connect, after: .milliseconds(5)) : .says("one")
        }
        #expect(try run.finish() == .providersStopped)
        #expect(run.store.jobs[..<500].allSatisfy { $0.status == .pending })
        #expect(run.store.jobs[500...].allSatisfy { $0.status == .completed })
        #expect(try run.snapshot().stoppedProviders["lab"]?.contains("out for") == true)
        #expect((900..<1000) ~= run.simulation.clock.elapsed.components.seconds)
    }

    @Test func aDeterministicServerErrorEndsAfterThreeEqualAnswers() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(200)) { call in
            guard call.job.isMultiple(of: 20) else { return .says("one") }
            return SimulatedAnswer(
                ending: .fails(LLMError(.server, "tools need --jinja \(call.attempt)a", httpStatus: 500, code: "500")))
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.count(.completed) == 190)
        for (index, job) in run.store.jobs.enumerated() where job.status == .failed {
            #expect(job.attemptCount == 3, "job \(index + 1)")
        }
    }

    /// The first whole answers may take a minute: what comes of them meanwhile shows that the server answers.
    @Test(arguments: [true, false])
    func aFewPagesAmongAnswersThatHaveBegunStopNothing(othersAnswer: Bool) throws {
        let run = try SimulatedRun(SimulatedRun.jobs(60), configure: { $0.concurrency = 20 }) { call in
            if (16...20).contains(call.job), call.attempt == 1 {
                return SimulatedAnswer(
                    time: .seconds(5), ending: .fails(LLMError(.decode, "<html>login</html>", httpStatus: 200)))
            }
            let first = Duration.seconds(othersAnswer ? 1 : 59)
            return SimulatedAnswer(time: .seconds(60), pace: (first, .zero), pieces: ["one two ", "three"])
        }
        #expect(try run.finish() == (othersAnswer ? .finished : .providersStopped))
        #expect(run.store.count(.completed) == (othersAnswer ? 60 : 17), "what is under way still ends")
    }

    @Test(arguments: [402, 403])
    func refusalsOfThreeDifferentJobsStopTheProviderAndOfOneOnlyTheJob(status: Int) throws {
        let kind: ErrorKind = status == 402 ? .quota : .permission
        let refused = SimulatedAnswer(ending: .fails(LLMError(kind, "no", httpStatus: status)))
        let one = try SimulatedRun(SimulatedRun.jobs(100)) { $0.job == 50 ? refused : .says("one") }
        #expect(try one.finish() == .finished)
        #expect(one.store.jobs[49].status == .failed)
        #expect(one.store.count(.completed) == 99)
        let all = try SimulatedRun(SimulatedRun.jobs(1000)) { $0.time > .seconds(5) ? refused : .says("one") }
        #expect(try all.finish() == .providersStopped)
        #expect(all.store.count(.failed) == 0)
        #expect(all.store.count(.pending) > 500)
    }

    @Test func aRequestLargerThanAMinutesLimitFailsAndHoldsNobodyUp() throws {
        var jobs = SimulatedRun.jobs(40)
        jobs[4].request = Array(
            #"{"prompt":"job 5","system":"\#(String(repeating: "word ", count: 8000))"}"#.utf8)
        let run = try SimulatedRun(jobs) { call in
            var answer = call.job == 5 ? SimulatedAnswer.fails(.rateLimit, retryAfter: .seconds(2)) : .says("one")
            answer.rateLimits = RateLimitReport([RateLimit(.tokens, window: .seconds(60), limit: 4000)])
            return answer
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.count(.completed) == 39)
        #expect(run.store.jobs[4].status == .failed)
        let error = run.store.history.ends.last { $0.jobID == 5 }?.error
        #expect(error?.message.hasPrefix("the request seems larger than the limit of a whole minute") == true)
    }

    /// What is the address's or the model's fault, as servers, captive portals and proxies say it.
    private static let faults: [(error: LLMError, name: String)] = [
        (LLMError(.redirect, "HTTP 302, a redirect to another origin", httpStatus: 302), "lab"),
        (LLMError(.tls, "no TLS with lab:443: the server wants a client certificate"), "lab"),
        (LLMError(.decode, "lab sent text/html instead of an event stream: <html>"), "lab"),
        (LLMError(.invalidRequest, "<html>Login</html>", httpStatus: 405), "lab"),
        (LLMError(.invalidRequest, "API version not supported", httpStatus: 400), "lab"),
        (LLMError(.proxy, "the proxy refuses", httpStatus: 407, shouldRetry: false), "lab"),
        (LLMError(.invalidRequest, "Invalid model name passed in model=m", httpStatus: 400), "lab/m"),
        (LLMError(.invalidRequest, "Server is pinned to n", httpStatus: 400), "lab/m"),
        (LLMError(.server, "model 'm' not found", httpStatus: 500), "lab/m"),
    ]

    @Test(arguments: faults.indices)
    func whatEveryJobGetsStopsTheProviderOrModelAndLeavesTheJobs(index: Int) throws {
        let (error, name) = Self.faults[index]
        let run = try SimulatedRun(SimulatedRun.jobs(300)) { _ in SimulatedAnswer(ending: .fails(error)) }
        #expect(try run.finish() == .providersStopped)
        #expect(run.store.count(.pending) == 300)
        #expect(run.source.calls.count <= 128, "no more than were under way when it was certain")
        #expect(try run.snapshot().stoppedProviders.keys.sorted() == [name])
    }

    @Test(arguments: faults.indices)
    func whatOneOddJobGetsStopsNobody(index: Int) throws {
        let odd = SimulatedAnswer(ending: .fails(Self.faults[index].error))
        for jobs in [[1], [1, 2], [50, 150, 250, 251]] {
            let run = try SimulatedRun(SimulatedRun.jobs(300)) { jobs.contains($0.job) ? odd : .says("one") }
            #expect(try run.finish() == .finished)
            #expect(run.store.count(.completed) == 300 - jobs.count)
            #expect(run.store.count(.failed) == jobs.count)
        }
    }

    @Test func aPortalThatComesInTheMidstStopsTheProvider() throws {
        let portal = SimulatedAnswer(ending: .fails(LLMError(.decode, "sent text/html: <html>")))
        let run = try SimulatedRun(SimulatedRun.jobs(2000)) { $0.time > .seconds(5) ? portal : .says("one") }
        #expect(try run.finish() == .providersStopped)
        #expect(run.store.count(.failed) == 0)
        #expect(run.store.count(.pending) > 1000)
    }

    @Test func pagesNowAndThenStopNobody() throws {
        // Three in a hundred requests, as behind a balancer with one bad server.
        let page = SimulatedAnswer(ending: .fails(LLMError(.decode, "sent text/html: <html>")))
        let run = try SimulatedRun(SimulatedRun.jobs(3000)) { call in
            (call.job * 7919 + call.attempt * 104_729) % 100 < 3 ? page : .says("one")
        }
        #expect(try run.finish() == .finished)
        #expect(run.store.count(.completed) == 3000)
    }

    @Test func anUnknownModelIsStoppedAndTheProvidersOthersGoOn() throws {
        var jobs = SimulatedRun.jobs(200)
        for index in 0..<100 { jobs[index].model = "gone" }
        let run = try SimulatedRun(jobs) { call in
            call.job <= 100
                ? SimulatedAnswer(ending: .fails(LLMError(.notFound, "no such model", httpStatus: 404))) : .says("one")
        }
        #expect(try run.finish() == .providersStopped)
        #expect(run.store.jobs[..<100].allSatisfy { $0.status == .pending })
        #expect(run.store.jobs[100...].allSatisfy { $0.status == .completed })
        #expect(try run.snapshot().stoppedProviders == ["lab/gone": "no such model"])
    }

    @Test func aSlowProviderDoesNotHoldTheStreamsOfAFastOne() throws {
        // All of the slow one's jobs stand first in the queue.
        let jobs = SimulatedRun.jobs(2000) + SimulatedRun.jobs(2000, from: 2001, provider: "fast")
        let run = try SimulatedRun(jobs, providers: ["lab", "fast"]) { call in
            .says("one", after: call.provider == "fast" ? .milliseconds(500) : .seconds(60))
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(60))
        #expect(run.store.jobs[2000...].count { $0.status == .completed } == 2000)
        #expect(try run.simulation.finish(process) == .finished)
    }

    @Test func limitsThatHeadersTellAreFollowedWhenTheyChange() throws {
        let run = try SimulatedRun(SimulatedRun.jobs(4000)) { call in
            var answer = SimulatedAnswer.says("one", after: .milliseconds(200))
            let limit = call.time < .seconds(60) ? 1200 : 600
            answer.rateLimits = RateLimitReport([RateLimit(.requests, window: .seconds(60), limit: limit)])
            return answer
        }
        let process = run.start()
        run.simulation.advance(by: .seconds(180))
        let calls = run.source.calls.map(\.time)
        let before = calls.count { $0 > .seconds(20) && $0 <= .seconds(60) }
        let after = calls.count { $0 > .seconds(63) && $0 <= .seconds(123) }
        #expect((780...820) ~= before)
        #expect((590...610) ~= after)
        try run.stop(now: true)
        _ = try run.simulation.finish(process)
    }

    @Test func whatIsSpentStaysUnderTheCapWhereAllIsBoundedAndReported() throws {
        let prices = try PriceTable(
            JSONParser.parse(
                Array(#"{"lab/m": {"input_cost_per_token": 0.001, "output_cost_per_token": 0.001}}"#.utf8)))
        let usage = TokenUsage(
            raw: JSONObject([.init(key: "prompt_tokens", value: 10), .init(key: "completion_tokens", value: 90)]))
        let run = try SimulatedRun(
            SimulatedRun.jobs(5000, options: #","options":{"max_tokens":100}"#),
            configure: {
                $0.concurrency = 256
                $0.prices = prices
                $0.cost = Budget(cap: 100)
            }
        ) { _ in SimulatedAnswer(pieces: ["one"], usage: usage) }
        #expect(try run.finish() == .limited("max-cost"))
        let spent = run.store.history.ends.compactMap(\.costUSD).reduce(0, +)
        #expect(spent <= 100)
        #expect(spent > 98)
        #expect(try run.snapshot().costOvershoot == nil)
    }
}
