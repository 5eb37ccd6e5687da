import Foundation
import MockProvider
import Testing

/// `ctl`: what is told to a run that goes on (Contract, "Control").
@Suite(.serialized, .timeLimit(.minutes(10)))
struct EndToEndControlTests {
    private static func jobs(_ count: Int, to number: Int = 2_000, options: String = "") -> [String] {
        (1...count).map { Answers.countingJob("j\($0)", to: number, options: options) }
    }

    // MARK: Pause

    @Test func aPauseHoldsWhatIsNotSentWhileHeldStreamsGoOn() async throws {
        let run = try await ControlledRunProcess(Self.jobs(30), ["--concurrency", "4"], heldAfter: 16_000)
        try await run.untilStreaming(4)
        let said = try await run.tell("pause")
        #expect(said == "paused: nothing more is sent; 4 open streams go on")
        run.server.hold(afterBodyBytes: nil)
        try await run.wait(until: "SELECT count(*) FROM completions", is: 4)
        try await run.seconds(2, where: "running = 0 AND waits ->> '$[0].reason' = 'paused'")
        #expect(run.server.statistics.requests == 4)
        let status = try await BatchProcess.run("status", run.database)
        #expect(status.output.contains("\n  paused      run, process "), "\(status.output)")
        #expect(status.output.contains("ctl --db \(run.database) continue"), "\(status.output)")
        #expect(try await run.tell("status").hasPrefix("paused · 0 of 4 streams open · 4 completed · 26 left"))
        #expect(try await run.tell("continue") == "the run goes on")
        let ended = await run.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(run.server.statistics.requests == 30)
        try Answers.expectWhole(run.database, jobs: 30)
        #expect(ended.error.contains("ctl: paused"), "\(ended.error)")
        #expect(
            try run.rows("SELECT number, command, value, keep, streams_over, run_id FROM run_changes ORDER BY number")
                == ["1|pause||0|4|1", "2|continue||0|0|1"])
        #expect(
            try run.rows(
                "SELECT count(*) FROM run_changes JOIN runs USING (run_id) WHERE at_ms BETWEEN started_ms AND finished_ms"
            ) == ["2"])
    }

    @Test func theBarSaysPaused() async throws {
        let run = try await ControlledRunProcess(
            Self.jobs(10), ["--concurrency", "2", "--progress", "plain"], heldAfter: 8_000)
        try await run.untilStreaming(2)
        _ = try await run.tell("pause")
        try await run.process.wait { run.process.errorSoFar.contains(" · 2 running · paused · ") }
        run.server.hold(afterBodyBytes: nil)
        _ = try await run.tell("continue")
        #expect(await run.ended().status == 0)
    }

    @Test func aRetryThatIsDueWaitsForTheEndOfThePause() async throws {
        let run = try await ControlledRunProcess(
            [Answers.countingJob("a", to: 5, options: "+status=500+times=1+retryafterms=300")]
                + [Answers.countingJob("b", to: 2_000)], ["--concurrency", "2"], heldAfter: 0)
        try await run.untilStreaming(2)
        _ = try await run.tell("pause")
        // It fails in the pause; its time comes and passes.
        run.server.hold(afterBodyBytes: nil)
        try await run.wait(until: "SELECT count(*) FROM jobs WHERE not_before_ms IS NOT NULL", is: 1)
        try await run.seconds(3, where: "waits ->> '$[0].reason' = 'paused'")
        #expect(run.server.statistics.requests == 2)
        _ = try await run.tell("continue")
        let ended = await run.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(run.server.statistics.requests == 3)
    }

    // MARK: Width, rates, budget

    @Test func aLowerWidthLetsStreamsEndAndAHigherOneOpensMore() async throws {
        let run = try await ControlledRunProcess(Self.jobs(60), ["--concurrency", "6"], heldAfter: 24_000)
        try await run.untilStreaming(6)
        #expect(try await run.tell("concurrency", "2") == "concurrency is 2; 4 open streams over it go on")
        #expect(run.server.statistics.activeStreams == 6)
        // The six have ended, and some behind them.
        try await run.letThrough(50_000, until: "SELECT count(*) FROM completions", is: 10)
        try await run.untilStreaming(2)
        try await run.seconds(2, where: "running = 2")
        #expect(run.server.statistics.activeStreams == 2)
        #expect(try await run.tell("concurrency", "5") == "concurrency is 5")
        try await run.process.wait { run.server.statistics.activeStreams == 5 }
        #expect(run.server.statistics.maximumConcurrentStreams == 6)
        run.server.hold(afterBodyBytes: nil)
        let ended = await run.ended()
        #expect(ended.status == 0, "\(ended.error)")
        try Answers.expectWhole(run.database, jobs: 60)
        #expect(
            try run.rows("SELECT command, value, streams_over FROM run_changes ORDER BY number")
                == ["concurrency|2|4", "concurrency|5|0"])
    }

    @Test func theWidthIsFoundFromWhenItIsAskedFor() async throws {
        let run = try await ControlledRunProcess(
            Self.jobs(60),
            ["--concurrency", "3", "--concurrency-max", "20", "--ttft-target", "9s", "--drain-timeout", "0s"],
            heldAfter: 12_000)
        try await run.untilStreaming(3)
        #expect(
            try await run.tell("--keep", "concurrency", "auto")
                == "each endpoint gets as many streams as it answers well; resume takes it over")
        try await run.untilStreaming(8)
        let status = try await run.tell("status")
        #expect(status.contains("8 of at most 20 streams open"), "\(status)")
        #expect(try await run.tell("concurrency", "2") == "concurrency is 2; 6 open streams over it go on")
        #expect(try await run.tell("status").contains("8 of 2 streams open"))
        _ = try await run.tell("--keep", "concurrency", "auto")
        run.process.send(SIGTERM)
        #expect(await run.process.ended().status == 143)
        run.server.hold(afterBodyBytes: nil)
        let next = try await BatchProcess.run("resume", "--db", run.database, "--base-url", run.server.baseURL)
        #expect(next.status == 0)
        #expect(next.error.contains("as that run was told by ctl --keep: concurrency auto"), "\(next.error)")
        let options = try run.rows(
            """
            SELECT options ->> '$.concurrency', options ->> '$.concurrency-max', options ->> '$.ttft-target' FROM runs
            ORDER BY run_id
            """)
        #expect(options == ["3|20|9s", "auto|20|9s"])
        await run.server.stop()
    }

    @Test func ratesChangeInTheMidstOfARun() async throws {
        let run = try await ControlledRunProcess(Self.jobs(400, to: 3), ["--rpm", "1"])
        try await run.wait(until: "SELECT count(*) FROM completions", is: 1)
        // It would take hours; now it takes forty seconds, in which it is told more.
        #expect(try await run.tell("rpm", "mock=600") == "mock gets 600 requests a minute")
        try await run.wait(until: "SELECT count(*) FROM completions", is: 10)
        #expect(try await run.tell("rpm", "1").hasPrefix("each provider gets 1 request a minute"))
        let status = try await run.ctl("status", "--json")
        #expect(status.output.contains(#""rpm":{"mock":1}"#), "\(status.output)")
        let sent = run.server.statistics.requests
        try await run.seconds(2, where: "waits ->> '$[0].reason' = 'requests per minute'")
        // One may have been saved up.
        #expect(run.server.statistics.requests <= sent + 1)
        _ = try await run.tell("tpm", "mock=none")
        _ = try await run.tell("rpm", "none")
        let ended = await run.ended()
        #expect(ended.status == 0, "\(ended.error)")
        #expect(
            try run.rows("SELECT command, value FROM run_changes ORDER BY number")
                == ["rpm|mock=600", "rpm|1", "tpm|mock=none", "rpm|none"])
    }

    @Test func aBudgetThatIsSetCountsWhatWasSpentBefore() async throws {
        let directory = try TemporaryDirectory()
        let prices = try directory.write(
            #"{"mock/count-3": {"input_cost_per_token": 0, "output_cost_per_token": 1}}"#, to: "prices.json")
        let jobs = (1...50).map {
            #"{"id":"j\#($0)","model":"mock/count-3","prompt":"\#($0)","options":{"max_tokens":50}}"#
        }
        let run = try await ControlledRunProcess(
            jobs, ["--prices", prices, "--concurrency", "1", "--rpm", "60"])
        try await run.wait(until: "SELECT count(*) FROM completions", is: 2)
        _ = try await run.tell("pause")
        try await run.seconds(1, where: "running = 0")
        let each = try SQLite.number(run.database, "SELECT CAST(max(cost_usd) AS INTEGER) FROM attempts")
        let done = try SQLite.number(run.database, "SELECT count(*) FROM completions")
        // Room for the longest answer that may come, and for no other behind it.
        let cap = done * each + 50
        #expect(try await run.tell("max-cost", "\(cap)") == "the jobs may cost \(cap) US dollars")
        _ = try await run.tell("rpm", "none")
        _ = try await run.tell("continue")
        let ended = await run.ended()
        #expect(ended.status == 4 && ended.error.contains("stopped by --max-cost"), "\(ended.status) \(ended.error)")
        let spent = try SQLite.number(run.database, "SELECT CAST(sum(cost_usd) AS INTEGER) FROM attempts")
        #expect(spent > done * each && spent <= cap)
        // Without prices it cannot be kept to.
        let other = try await ControlledRunProcess(Self.jobs(4), ["--concurrency", "1"], heldAfter: 4_000)
        try await other.untilStreaming(1)
        let refused = try await other.ctl("max-cost", "5")
        #expect(refused.status == 2 && refused.error.contains("needs a price for every model"), "\(refused.error)")
        #expect(try await other.tell("max-cost", "none") == "the cost is not bounded any more")
        other.server.hold(afterBodyBytes: nil)
        #expect(await other.ended().status == 0)
    }

    @Test func whatIsKeptIsTakenOverByTheNextRunAndTheOneBehindIt() async throws {
        let run = try await ControlledRunProcess(
            Self.jobs(8), ["--concurrency", "2", "--drain-timeout", "0s"], heldAfter: 8_000)
        try await run.untilStreaming(2)
        #expect(try await run.tell("--keep", "concurrency", "3") == "concurrency is 3; resume takes it over")
        _ = try await run.tell("--keep", "rpm", "mock=90000")
        _ = try await run.tell("--keep", "tpm", "80000000")
        _ = try await run.tell("tpm", "70000000")
        _ = try await run.tell("concurrency", "4")
        #expect(try await run.ctl("--keep", "pause").status == 2)
        run.process.send(SIGTERM)
        #expect(await run.process.ended().status == 143)
        func resume(_ options: String...) async throws -> (error: String, options: String) {
            run.server.hold(afterBodyBytes: run.server.statistics.bodyBytesWritten + 4_000)
            let next = try BatchProcess(
                ["resume", "--db", run.database, "--base-url", run.server.baseURL, "--drain-timeout", "0s"] + options)
            try await next.wait { run.server.statistics.activeStreams > 0 }
            next.send(SIGTERM)
            let ended = await next.ended()
            #expect(ended.status == 143, "\(ended.error)")
            return (ended.error, try run.rows("SELECT options FROM runs ORDER BY run_id DESC")[0])
        }
        for _ in 1...2 {
            let (error, options) = try await resume()
            #expect(error.contains("as in the run before: --tpm 80000000 (none takes one away)"), "\(error)")
            #expect(error.contains("as that run was told by ctl --keep: concurrency 3, rpm mock=90000"), "\(error)")
            #expect(options.contains(#""concurrency":3"#) && options.contains(#""tpm":80000000"#), "\(options)")
        }
        let (error, options) = try await resume("--concurrency", "7", "--rpm", "none")
        #expect(!error.contains("ctl --keep") && !options.contains("kept"), "\(error) \(options)")
        #expect(options.contains(#""concurrency":7"#), "\(options)")
        await run.server.stop()
    }

    // MARK: Jobs

    @Test func cancelledJobsAreClosedOrNeverSentAndTheirTextIsKept() async throws {
        let run = try await ControlledRunProcess(
            [
                Answers.countingJob("done", to: 3),
                Answers.countingJob("waits", to: 3, options: "+status=500+times=1+retryafter=7200"),
            ] + Self.jobs(4, to: 300, options: "+pace=5ms"), ["--concurrency", "2"], heldAfter: 24_000)
        try await run.wait(until: "SELECT count(*) FROM jobs WHERE not_before_ms IS NOT NULL", is: 1)
        try await run.untilStreaming(2)
        // Of both there is enough to go on from, however much later one of them began.
        try await run.letThrough(
            1_000,
            until: """
                SELECT CASE count(*) WHEN 2 THEN min(n) ELSE 0 END FROM (
                    SELECT count(*) AS n FROM chunks JOIN attempts USING (attempt_id)
                    WHERE status = 'running' GROUP BY attempt_id)
                """, is: 25)
        let said = try await run.tell("cancel", "done", "waits", "j1", "j4")
        #expect(said == "3 jobs cancelled, 1 stream closed; 'done' is completed")
        try await run.process.wait { run.server.statistics.activeStreams == 2 }
        #expect(
            try run.rows("SELECT custom_id, error_kind FROM jobs WHERE status = 'cancelled' ORDER BY 1")
                == ["j1|cancelled", "j4|cancelled", "waits|cancelled"])
        #expect(try run.rows("SELECT status, counts FROM attempts WHERE job_id = 3") == ["cancelled|0"])
        let kept = try run.rows("SELECT text FROM partials WHERE custom_id = 'j1'")
        #expect(kept.count == 1 && Answers.counting(to: 300).hasPrefix(kept[0]) && kept[0].count > 40)
        // None of it is changed where one is not there.
        let unknown = try await run.ctl("cancel", "j2", "nobody")
        #expect(unknown.status == 2 && unknown.error.contains("no job 'nobody'"), "\(unknown.error)")
        run.server.hold(afterBodyBytes: nil)
        let ended = await run.process.ended()
        // A cancelled job counts as a failed one.
        #expect(ended.status == 1 && ended.error.contains("3 cancelled"), "\(ended.status) \(ended.error)")
        #expect(run.server.statistics.requests == 5, "j4 was never sent, waits not again")
        #expect(try run.rows("SELECT count(*) FROM completions") == ["3"])
        #expect(try Answers.faults(run.database, isFinal: false) == [])
        let retry = ["retry", "--db", run.database, "--base-url", run.server.baseURL]
        let plain = try await BatchProcess(retry).ended()
        #expect(plain.status == 1 && plain.error.contains("0 jobs revived"), "\(plain.error)")
        let all = try await BatchProcess(retry + ["--all"]).ended()
        #expect(all.status == 0 && all.error.contains("3 jobs revived"), "\(all.error)")
        try Answers.expectWhole(run.database, jobs: 6)
        #expect(
            try run.rows("SELECT segments FROM results WHERE custom_id = 'j1'") == ["2"], "it went on from its text")
        await run.server.stop()
    }

    @Test func resultsPrintCancelledJobsToo() async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let database = directory.path("jobs.db")
        server.hold(afterBodyBytes: 4_000)
        let run = try PipedRun(["--db", database, "--concurrency", "1"], baseURL: server.baseURL)
        try run.give(["a", "b", "c"].map { Answers.countingJob($0, to: 2_000) })
        try await run.endInput()
        try await run.process.wait {
            SQLite.currentNumber(database, "SELECT count(*) FROM chunks WHERE kind = 'text'") > 0
                && SQLite.currentNumber(database, "SELECT count(*) FROM jobs") == 3
        }
        let ctl = try await BatchProcess.run("ctl", "--db", database, "cancel", "a", "c")
        #expect(ctl.status == 0, "\(ctl.error)")
        server.hold(afterBodyBytes: nil)
        let results = try await run.all()
        #expect(
            Set(results.map { "\($0.id ?? "") \($0.status ?? "")" }) == ["a cancelled", "b completed", "c cancelled"])
        #expect(results.allSatisfy { $0.id == "b" || $0.error?["kind"] as? String == "cancelled" })
        #expect(await run.process.ended().status == 1)
        await server.stop()
    }

    @Test func jobsThatAreWantedNextAreSentNext() async throws {
        let run = try await ControlledRunProcess(
            Self.jobs(40, to: 500)
                + [Answers.countingJob("later", to: 3, options: "+status=500+times=1+retryafter=7200")],
            ["--concurrency", "1"], heldAfter: 4_000)
        // It would wait for two hours.
        try await run.wait(until: "SELECT count(*) FROM jobs WHERE not_before_ms IS NOT NULL", is: 1)
        try await run.untilStreaming(1)
        #expect(try await run.tell("now", "later") == "1 job sent next")
        #expect(try await run.tell("now", "j30", "j7", "j1") == "2 jobs sent next; 'j1' is running")
        run.server.hold(afterBodyBytes: nil)
        let ended = await run.ended()
        #expect(ended.status == 0, "\(ended.error)")
        let order = try run.rows("SELECT custom_id FROM attempts JOIN jobs USING (job_id) ORDER BY attempt_id")
        #expect(order.prefix(5) == ["later", "j1", "later", "j30", "j7"], "\(order)")
        #expect(order.count == 42)
        #expect(
            try run.rows("SELECT command, value FROM run_changes WHERE number = 2") == [#"now|["j30","j7","j1"]"#])
    }

    @Test func whatAStoppedModelHasIsNotSaidToBeNext() async throws {
        // The model that is not there is stopped by its first job; its second waits for another run.
        let run = try await ControlledRunProcess(
            [Answers.countingJob("slow", to: 5_000, options: "+pace=10ms")]
                + ["gone", "other"].map { #"{"id":"\#($0)","model":"mock/count-3+status=404","prompt":"x"}"# },
            ["--concurrency", "2"])
        try await run.wait(until: "SELECT count(*) FROM attempts WHERE status = 'failed'", is: 1)
        #expect(
            try await run.tell("now", "other")
                == "0 jobs sent next; 'other' waits: its provider or model was stopped in this run")
        #expect(try await run.tell("cancel", "slow").hasPrefix("1 job cancelled"))
        let ended = await run.ended()
        #expect(ended.status == 4, "\(ended.error)")
        #expect(try run.rows("SELECT count(*) FROM attempts WHERE status <> 'failed'") == ["1"])
    }

    @Test func aRunWhoseJobsAreCancelledBeforeTheFirstIsSentSaysSo() async throws {
        let run = try await ControlledRunProcess(
            [Answers.countingJob("later", to: 3, options: "+status=500+times=1+retryafter=7200")])
        try await run.wait(until: "SELECT count(*) FROM jobs WHERE not_before_ms IS NOT NULL", is: 1)
        run.process.send(SIGINT)
        #expect(await run.process.ended().status == 130)
        let again = try BatchProcess(["resume", "--db", run.database, "--base-url", run.server.baseURL])
        try await again.wait { ControlledRunProcess.mode(run.socket) != nil }
        #expect(try await run.tell("cancel", "later") == "1 job cancelled")
        let ended = await again.ended()
        #expect(ended.status == 1 && ended.error.contains("0 completed, 1 cancelled in "), "\(ended.error)")
        await run.server.stop()
    }

    // MARK: The end

    @Test func drainEndsTheRunAsASignalDoesWithStatusFour() async throws {
        let run = try await ControlledRunProcess(
            Self.jobs(20), ["--concurrency", "3", "--drain-timeout", "10m"], heldAfter: 12_000)
        try await run.untilStreaming(3)
        for _ in 1...2 {
            #expect(
                try await run.tell("drain").hasPrefix("the run ends: no more jobs are taken up; 3 open streams go on"))
        }
        #expect(try await run.tell("status").hasPrefix("draining · 3 of 3 streams open"))
        run.server.hold(afterBodyBytes: nil)
        let ended = await run.ended()
        #expect(ended.status == 4, "\(ended.error)")
        #expect(run.server.statistics.requests == 3)
        try Answers.expectWhole(run.database, jobs: 3)
        #expect(
            try run.rows("SELECT status, exit_code, stop_reason FROM runs")
                == ["interrupted|4|since it was told to drain"])
        #expect(ControlledRunProcess.mode(run.socket) == nil, "the socket is gone")
        // With nothing left it is an end like any other.
        let last = try await ControlledRunProcess(
            Self.jobs(1), ["--drain-timeout", "10m"], heldAfter: 2_000)
        try await last.untilStreaming(1)
        _ = try await last.tell("drain")
        last.server.hold(afterBodyBytes: nil)
        #expect(await last.ended().status == 0)
    }

    @Test func withoutAWorkerTheStatusIsThree() async throws {
        let directory = try TemporaryDirectory()
        let none = try await BatchProcess.run("ctl", "--db", directory.path("none.db"), "pause")
        #expect(none.status == 3 && none.error.contains("there is no such database"), "\(none.error)")
        #expect(none.output.isEmpty)
        let file = try directory.writeJobs([Answers.countingJob("a", to: 3)])
        #expect(try await BatchProcess.run("run", file).status == 0)
        for command in [["pause"], ["status"], ["cancel", "a"]] {
            let over = try await BatchProcess(["ctl", "--db", directory.path("jobs.db")] + command).ended()
            #expect(over.status == 3 && over.error.contains("no run is under way"), "\(over.error)")
        }
        let foreign = try directory.write(String(repeating: "x\n", count: 200), to: "foreign.txt")
        #expect(try await BatchProcess.run("ctl", "--db", foreign, "pause").status == 3)
        #expect(try SQLite.rows(directory.path("jobs.db"), "SELECT * FROM run_changes").isEmpty)
    }

    @Test(arguments: [
        [], ["stop"], ["pause", "now"], ["concurrency"], ["concurrency", "0"], ["concurrency", "-1"],
        ["concurrency", "4.5"], ["concurrency", "99999999999999999999"], ["concurrency", "Auto"], ["rpm"],
        ["rpm", "mock="], ["rpm", "=5"], ["rpm", "mock=0"], ["rpm", "mock=x"], ["rpm", "1", "2"], ["tpm", "-1"],
        ["max-cost", "0"], ["max-cost", "nan"], ["max-cost", "1e300"], ["max-cost", "cheap"], ["cancel"], ["now"],
        ["cancel", ""], ["cancel", String(repeating: "x", count: 257)], ["--keep", "cancel", "a"],
    ])
    func badUsageIsToldBeforeAnybodyIsAsked(words: [String]) async throws {
        let ended = try await BatchProcess(["ctl", "--db", "/nonexistent/jobs.db"] + words).ended()
        #expect(ended.status == 2, "\(words): \(ended.status) \(ended.error)")
        #expect(!ended.error.isEmpty && ended.output.isEmpty)
    }

    @Test func whatThisRunCannotDoIsRefused() async throws {
        let run = try await ControlledRunProcess(Self.jobs(3), ["--concurrency", "1"], heldAfter: 4_000)
        try await run.untilStreaming(1)
        for (words, message) in [
            (["rpm", "mokc=5"], "did you mean 'mock'?"), (["concurrency", "1000000000"], "more open files"),
            (["now", "nobody"], "no job 'nobody'"),
        ] {
            let ended = try await BatchProcess(["ctl", "--db", run.database] + words).ended()
            #expect(ended.status == 2 && ended.error.contains(message), "\(words): \(ended.error)")
        }
        #expect(try run.rows("SELECT * FROM run_changes").isEmpty)
        run.server.hold(afterBodyBytes: nil)
        #expect(await run.ended().status == 0)
    }

    // MARK: Storms

    @Test func underAStormNoStreamIsLostWhileCommandsRain() async throws {
        var configuration = MockConfiguration()
        configuration.seed = Project.seed
        let count = 150
        let jobs = (1...count).map { Answers.countingJob("j\($0)", to: 20, options: "+storm=15+pace=30ms") }
        let run = try await ControlledRunProcess(
            jobs,
            [
                "--concurrency", "30", "--first-token-timeout", "5s", "--idle-timeout", "5s",
                "--stall-timeout", "5s", "--log-level", "warning",
            ], configuration: configuration)
        try await run.wait(until: "SELECT count(*) FROM completions", is: 1)
        var chance = Chance(seed: Project.seed)
        var told = 0
        while run.process.isRunning, try SQLite.number(run.database, "SELECT count(*) FROM completions") < count / 2 {
            let command: [String] =
                switch Int.random(in: 0..<6, using: &chance) {
                case 0: ["pause"]
                case 1, 2: ["continue"]
                case 3: ["concurrency", "\(Int.random(in: 1...60, using: &chance))"]
                case 4:
                    [
                        "rpm",
                        Bool.random(using: &chance) ? "none" : "mock=\(Int.random(in: 600...9_000, using: &chance))",
                    ]
                default: ["now", "j\(Int.random(in: 1...count, using: &chance))"]
                }
            let ended = try await BatchProcess(["ctl", "--db", run.database] + command).ended()
            #expect(ended.status == 0, "seed \(Project.seed): \(command): \(ended.error)")
            told += 1
        }
        for command in [["pause"], ["rpm", "none"], ["concurrency", "60"], ["continue"]] {
            #expect(try await BatchProcess(["ctl", "--db", run.database] + command).ended().status == 0)
        }
        let ended = await run.ended()
        // Some faults of a storm no other try mends.
        #expect([0, 1].contains(ended.status), "seed \(Project.seed): \(ended.status) \(ended.error)")
        print("\(told) commands in a storm, seed \(Project.seed)")
        #expect(try SQLite.number(run.database, "SELECT count(*) FROM run_changes") == told + 4)
        let ends = try run.rows("SELECT status, count(*) FROM jobs GROUP BY 1 ORDER BY 1")
        #expect(ends.allSatisfy { $0.hasPrefix("completed|") || $0.hasPrefix("failed|") }, "\(ends)")
        #expect(try SQLite.number(run.database, "SELECT count(*) FROM completions") > count * 9 / 10)
        #expect(try Answers.faults(run.database, isFinal: true) == [])
        #expect(
            try run.rows("SELECT custom_id, content FROM results WHERE content <> '\(Answers.counting(to: 20))'") == [])
        #expect(ControlledRunProcess.mode(run.socket) == nil)
    }
}
