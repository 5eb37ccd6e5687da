// Only LLM4SBatch: what a program that embeds the runner has.
import Foundation
import LLM4SBatch
import MockProvider
import Synchronization
import Testing

/// Jobs that a program makes itself, without a file.
struct BatchMemoryTests {
    /// A mock, and a runner of a database in a folder of the test's own.
    private func with(
        _ configuration: MockConfiguration = MockConfiguration(),
        _ test: (_ runner: BatchRunner, _ server: MockServer, _ directory: TemporaryDirectory) async throws -> Void
    ) async throws {
        let server = try await MockServer.start(configuration)
        let directory = try TemporaryDirectory()
        let runner = BatchRunner(
            database: directory.path("answers.db"), environment: ["MOCK_BASE_URL": server.baseURL])
        do { try await test(runner, server, directory) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    /// Why a run was none.
    private static func fault(_ run: () async throws -> BatchReport) async -> BatchError? {
        do { _ = try await run() } catch { return error as? BatchError }
        return nil
    }

    private static func job(_ number: Int, _ behavior: String = "count-5") -> BatchJob {
        BatchJob(id: "j\(number)", model: "mock/\(behavior)", [.user("\(number)")], metadata: ["n": .int(number)])
    }

    @Test func theirAnswersSayWhereTheyCameFrom() async throws {
        try await with { runner, _, _ in
            let report = try await runner.run((1...30).map { Self.job($0, "count-\($0)") }, from: "inbox")
            #expect(report.completed == 30 && report.failed == 0 && report.left == 0)
            var answers: [BatchAnswer] = []
            for try await answer in runner.answers() { answers.append(answer) }
            #expect(answers.map(\.id) == (1...30).map { "j\($0)" } && answers.map(\.line) == Array(1...30))
            #expect(answers[2].content == "1 2 3" && answers[2].metadata == ["n": 3])
            #expect(try SQLite.rows(runner.path, "SELECT DISTINCT source FROM jobs") == ["inbox"])
        }
    }

    /// All that a line may say reaches the provider as from a file, and the identity is that of the line.
    @Test func aJobIsTheLineOfAFileThatSaysTheSame() async throws {
        var configuration = MockConfiguration()
        configuration.recordsRequests = true
        try await with(configuration) { runner, server, directory in
            var options = CompletionOptions()
            (options.temperature, options.maxTokens, options.stop) = (0.5, 40, ["x"])
            var job = BatchJob(
                model: "mock/count-4",
                [
                    .system("Be short."), .user("Add."),
                    Message(
                        role: .assistant, content: nil,
                        toolCalls: [ToolCall(id: "c1", name: "add", arguments: #"{"a":1}"#)]),
                    .tool("3", answering: "c1"),
                ], options: options, metadata: ["set": "a"])
            job.extraBody = ["user": "u-1"]
            job.resume = .restart
            #expect(try await runner.run([job]).completed == 1)
            let line = """
                {"model":"mock/count-4","messages":[{"role":"system","content":"Be short."},\
                {"role":"user","content":"Add."},{"role":"assistant","tool_calls":[{"id":"c1","type":"function",\
                "function":{"name":"add","arguments":"{\\"a\\":1}"}}]},\
                {"role":"tool","content":"3","tool_call_id":"c1"}],\
                "options":{"temperature":0.5,"max_tokens":40,"stop":["x"]},"extra_body":{"user":"u-1"},\
                "metadata":{"set":"a"},"resume":"restart"}
                """
            let again = try await runner.run([try directory.writeJobs([line])])
            #expect(again.attempts == 0 && again.completed == 1, "the same id and the same request: \(again)")
            #expect(server.statistics.requests == 1)
            #expect(try SQLite.rows(runner.path, "SELECT request ->> '$.extra_body.user' FROM requests") == ["u-1"])
        }
    }

    @Test func aSecondRunDoesOnlyWhatIsLeft() async throws {
        try await with { runner, server, _ in
            // Without ids, and two that ask the same: they are told apart by their order.
            var jobs = (1...20).map { BatchJob(model: "mock/count-3", [.user("\($0 % 15)")]) }
            var limited = runner
            limited.options.maximumJobs = 12
            limited.options.concurrency = 2
            let first = try await limited.run(jobs)
            #expect(first.completed == 12 && first.reason == "maximumJobs was reached", "\(first)")
            let second = try await runner.run(jobs)
            #expect(second.completed == 20 && second.attempts == 8)
            jobs.append(BatchJob(model: "mock/count-3", [.user("one more")]))
            let third = try await runner.run(jobs)
            #expect(third.completed == 21 && third.attempts == 1)
            #expect(server.statistics.requests == 21)
        }
    }

    /// Who makes jobs faster than they are stored waits: while the database takes nothing, no more are asked for than
    /// fill one page and the one that is being stored.
    @Test(.timeLimit(.minutes(15)))
    func theSequenceIsNotReadAheadOfWhatIsStored() async throws {
        try await with { runner, _, _ in
            let total = 2_500
            let made = Mutex(0)
            let (gate, opener) = AsyncStream<Void>.makeStream()
            let (started, starter) = AsyncStream<Void>.makeStream()
            let jobs = AsyncStream<BatchJob>(unfolding: {
                let number = made.withLock {
                    $0 += 1
                    return $0
                }
                if number == 2 { for await _ in gate {} }
                return number > total ? nil : Self.job(number, "count-1")
            })
            var limited = runner
            limited.options.maximumJobs = 1
            let task = Task { [limited] in
                try await limited.run(jobs) { if case .completed = $0 { starter.finish() } }
            }
            // A job is stored and run while the next is still being made.
            for await _ in started {}
            while made.withLock({ $0 }) < 2 { await Task.yield() }
            #expect(made.withLock { $0 } == 2)
            try await SQLite.holdingWriteLock(runner.path) {
                opener.finish()
                while made.withLock({ $0 }) < 1_000 { await Task.yield() }
                var newest = 0
                // Until it stands still for a while: it would have all by then.
                while newest != made.withLock({ $0 }) {
                    newest = made.withLock { $0 }
                    try await Task.sleep(for: .milliseconds(300))
                }
                #expect(newest <= 2_002, "\(newest) were made, and none could be stored")
            }
            _ = try await task.value
        }
    }

    @Test func aFaultEndsTheIntakeAndTheJobsBeforeItAreRun() async throws {
        try await with { (runner: BatchRunner, _: MockServer, _: TemporaryDirectory) async throws -> Void in
            var wrong = Self.job(3)
            wrong.options.temperature = 9
            let jobs = [Self.job(1), Self.job(2), wrong, Self.job(4)]
            let error = await Self.fault { try await runner.run(jobs, from: "inbox") }
            #expect(error?.kind == .input, "\(error as Any)")
            #expect(error?.description.hasPrefix("inbox:3: 'temperature'") == true, "\(error as Any)")
            let states = "SELECT custom_id, status FROM jobs ORDER BY 1"
            #expect(try SQLite.rows(runner.path, states) == ["j1|completed", "j2|completed"])
            var skipping = runner
            skipping.options.skipsInvalid = true
            #expect(try await skipping.run(jobs, from: "inbox").completed == 3)
            #expect(try SQLite.rows(runner.path, "SELECT source, line FROM rejected_lines") == ["inbox|3"])
            // The same id with another request.
            let changed = await Self.fault {
                try await runner.run([Self.job(1, "count-6")], from: "inbox")
            }
            #expect(changed?.kind == .input && changed?.description.contains("another request") == true)
            var replacing = runner
            replacing.options.changedJobs = .replace
            #expect(try await replacing.run([Self.job(1, "count-6")], from: "inbox").attempts == 1)
            var keeping = runner
            keeping.options.changedJobs = .keep
            #expect(try await keeping.run([Self.job(1, "count-7")], from: "inbox").attempts == 0)
        }
    }

    @Test func anErrorOfTheSequenceIsTold() async throws {
        struct Broken: Error, CustomStringConvertible { let description = "the cursor was lost" }
        try await with { runner, _, _ in
            let (jobs, maker) = AsyncThrowingStream<BatchJob, any Error>.makeStream()
            maker.yield(Self.job(1))
            maker.finish(throwing: Broken())
            let error = await Self.fault { try await runner.run(jobs) }
            #expect(error?.kind == .input && error?.description.contains("the cursor was lost") == true)
            #expect(try SQLite.rows(runner.path, "SELECT status FROM jobs") == ["completed"])
            let stored = try SQLite.rows(runner.path, "SELECT exit_code, stop_reason FROM runs")
            #expect(stored.first?.hasPrefix("2|the input could not be read to its end") == true, "\(stored)")
        }
    }

    @Test func aProviderThatCannotBeUsedIsNamedWhenAJobNamesIt() async throws {
        try await with { runner, server, _ in
            let jobs = [Self.job(1), BatchJob(model: "openai/gpt-6-luna", [.user("x")])]
            let error = await Self.fault { try await runner.run(jobs) }
            #expect(error?.kind == .configuration && error?.description.contains("OPENAI_API_KEY") == true)
            #expect(server.statistics.requests == 1, "the job before it was run")
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func aCancelledRunDoesNotWaitForTheRestOfTheSequence() async throws {
        try await with { runner, _, _ in
            // It is never finished.
            let (jobs, maker) = AsyncStream<BatchJob>.makeStream()
            let (started, starter) = AsyncStream<Void>.makeStream()
            maker.yield(Self.job(1))
            let task = Task { try await runner.run(jobs) { _ in starter.finish() } }
            for await _ in started {}
            task.cancel()
            let report = try await task.value
            #expect(report.completed == 1 && report.left == 0)
            maker.finish()
        }
    }

    /// With a drain time, what has begun when the task is cancelled ends by itself.
    @Test(.timeLimit(.minutes(15)))
    func openStreamsMayEndWithinTheDrainTime() async throws {
        try await with { runner, server, _ in
            var runner = runner
            runner.options.drainTimeout = .seconds(600)
            runner.options.concurrency = 1
            // However late this test comes, it finds the first answer open: it waits before its next word.
            server.hold(afterBodyBytes: 1_000)
            // Ten seconds are left of it then.
            let slow = "count-2000+pace=5ms"
            // Of one model, since models are asked in the order of their names.
            let task = Task { [runner] in try await runner.run([Self.job(1, slow), Self.job(2, slow)]) }
            // The second job is stored behind the first, which may be open by then.
            let stored = "SELECT count(*) FROM jobs"
            while server.statistics.bodyBytesWritten < 1_000 || SQLite.currentNumber(runner.path, stored) < 2 {
                try await Task.sleep(for: .milliseconds(5))
            }
            task.cancel()
            server.hold(afterBodyBytes: nil)
            let report = try await task.value
            #expect(report.completed == 1 && report.left == 1 && report.attempts == 1, "\(report)")
        }
    }

    @Test func limitsHoldAndAreStoredForTheCommandsThatGoOn() async throws {
        try await with { runner, server, directory in
            var runner = runner
            runner.options.prices = try directory.write(
                #"{"mock/count-5":{"input_cost_per_token":0.01,"output_cost_per_token":0.01}}"#, to: "prices.json")
            runner.options.maximumCost = 0.5
            runner.options.maximumTokens = 100_000
            runner.options.requestsPerMinute = 60_000
            runner.options.concurrency = 1
            runner.options.chunks = .none
            let jobs = (1...40).map { number in
                var job = Self.job(number)
                job.options.maxTokens = 10
                return job
            }
            let report = try await runner.run(jobs)
            #expect(report.left > 0 && report.completed > 0, "\(report)")
            #expect(report.reason == "maximumCost or maximumTokens does not allow another request", "\(report)")
            #expect(try SQLite.number(runner.path, "SELECT sum(cost_usd) <= 0.5 FROM completions") == 1)
            #expect(try SQLite.number(runner.path, "SELECT count(*) FROM chunks") == 0)
            let limits = try SQLite.rows(
                runner.path, "SELECT options ->> '$.max-cost', options ->> '$.rpm', options ->> '$.chunks' FROM runs")
            #expect(limits == ["0.5|60000|none"])
            // A model without a price is refused before it is asked.
            let requests = server.statistics.requests
            let unpriced = await Self.fault {
                try await runner.run([Self.job(99, "count-9")], from: "other")
            }
            #expect(unpriced?.kind == .configuration && unpriced?.description.hasPrefix("maximumCost needs") == true)
            #expect(server.statistics.requests == requests)
            // The command goes on under the same limits.
            let resumed = try await BatchProcess.run(
                "resume", "--db", runner.path, environment: ["MOCK_BASE_URL": server.baseURL])
            #expect(resumed.status == 4 && resumed.error.contains("--max-cost 0.5"), "\(resumed.error)")
        }
    }
}
