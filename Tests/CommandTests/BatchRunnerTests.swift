// Only LLM4SBatch: what a program that embeds the runner has.
import Foundation
import LLM4SBatch
import MockProvider
import Synchronization
import Testing

/// The runner inside another program.
struct BatchRunnerTests {
    /// Runs a test with a mock, a job file of these lines and a runner of a database beside it.
    private func with(
        _ lines: [String], _ test: (BatchRunner, String, MockServer) async throws -> Void
    ) async throws {
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs(lines)
        let runner = BatchRunner(
            database: directory.path("answers.db"), environment: ["MOCK_BASE_URL": server.baseURL])
        do { try await test(runner, file, server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func line(_ id: String, _ behavior: String) -> String {
        #"{"id":"\#(id)","model":"mock/\#(behavior)","prompt":"x","metadata":{"n":1}}"#
    }

    @Test func answersComeInTheOrderOfTheFileWithAllThatIsKnown() async throws {
        let lines = (1...300).map { Self.line("j\($0)", "count-\($0)+reasoning") }
        try await with(lines) { runner, file, _ in
            let report = try await runner.run([file])
            #expect(report.completed == 300 && report.failed == 0 && report.left == 0)
            #expect(report.attempts == 300 && report.reason == nil)
            var answers: [BatchAnswer] = []
            for try await answer in runner.answers() { answers.append(answer) }
            #expect(answers.map(\.id) == (1...300).map { "j\($0)" })
            let third = answers[2]
            #expect(third.content == "1 2 3" && third.finishReason == .stop && third.line == 3)
            #expect(third.model == "mock/count-3+reasoning" && third.thinking?.isEmpty == false)
            #expect(third.segments == 1 && third.error == nil && third.errorKind == nil)
            #expect((third.completionTokens ?? 0) >= 3 && (third.promptTokens ?? 0) > 0)
            #expect(third.metadata == ["n": 1])
        }
    }

    @Test func aCancelledRunKeepsWhatCameAndGoesOnFromThere() async throws {
        let lines = (1...20).map { Self.line("j\($0)", $0 <= 10 ? "count-5" : "count-400+pace=10ms") }
        try await with(lines) { runner, file, server in
            let done = Mutex(0)
            let (started, starter) = AsyncStream<Void>.makeStream()
            let task = Task {
                try await runner.run([file]) { event in
                    if case .completed = event,
                        done.withLock({
                            $0 += 1; return $0 == 10
                        })
                    {
                        // The others stand still once they have some seventy words each: they would end without us.
                        server.hold(afterBodyBytes: 200_000)
                        starter.finish()
                    }
                }
            }
            for await _ in started {}
            while !server.isHolding { await Task.yield() }
            task.cancel()
            let report = try await task.value
            server.hold(afterBodyBytes: nil)
            #expect(report.completed >= 10 && report.left == 20 - report.completed)
            #expect(report.reason == "it was cancelled")
            while server.statistics.activeStreams > 0 { await Task.yield() }
            let rest = try await runner.run([file])
            #expect(rest.completed == 20 && rest.left == 0)
            var joined = 0
            for try await answer in runner.answers() {
                if answer.segments > 1 { joined += 1 }
                let numbers = (answer.content ?? "").split(separator: " ").compactMap { Int($0) }
                #expect(numbers == Array(1...(answer.line! <= 10 ? 5 : 400)), "\(answer.id)")
            }
            #expect(joined > 0, "every answer began anew")
        }
    }

    // Only against waiting for ever: a busy machine needs more than a minute.
    @Test(.timeLimit(.minutes(15)))
    func nothingThatTheCallerGaveOutlivesTheRun() async throws {
        final class Token: Sendable {}
        final class Weak { weak var token: Token? }
        try await with([Self.line("a", "count-5")]) { runner, file, _ in
            let weak = Weak()
            do {
                let token = Token()
                weak.token = token
                _ = try await runner.run([file]) { [token] _ in _ = token }
            }
            while weak.token != nil { await Task.yield() }
        }
    }

    /// Of an answer in two pieces it is the whole, as it is stored.
    @Test func anEventHasTheTextOfTheAnswer() async throws {
        try await with([Self.line("a", "count-5"), Self.line("b", "count-200+cutchunk=middle+times=1")]) {
            runner, file, _ in
            let texts = Mutex<[String: String]>([:])
            _ = try await runner.run([file]) { event in
                if case .completed(let id, let text) = event { texts.withLock { $0[id] = text } }
            }
            var stored: [String: String] = [:]
            for try await answer in runner.answers() { stored[answer.id] = answer.content }
            #expect(texts.withLock { $0 } == stored)
            #expect(stored["b"]?.split(separator: " ").last == "200")
        }
    }

    @Test func aProviderThatRefusesTheKeyLeavesItsJobs() async throws {
        try await with([Self.line("a", "count-5+status=401"), Self.line("b", "count-5+status=401")]) {
            runner, file, _ in
            let events = Mutex<[BatchEvent]>([])
            let report = try await runner.run([file]) { event in events.withLock { $0.append(event) } }
            #expect(events.withLock { $0 } == [], "nothing is tried again")
            #expect(report.completed == 0 && report.failed == 0 && report.left == 2)
            #expect(report.reason?.hasPrefix("mock: ") == true, "\(report)")
        }
    }

    @Test func whatCannotBeRunIsAnErrorThatSaysWhy() async throws {
        try await with([Self.line("a", "count-5")]) { runner, file, server in
            await #expect { _ = try await runner.run(["/nonexistent.jsonl"]) } throws: {
                ($0 as? BatchError)?.kind == .input
            }
            let keyless = BatchRunner(database: runner.path, environment: [:])
            await #expect { _ = try await keyless.run([file]) } throws: {
                ($0 as? BatchError)?.kind == .configuration && "\($0)".contains("MOCK_BASE_URL")
            }
            await #expect { for try await _ in runner.answers() {} } throws: { ($0 as? BatchError)?.kind == .database }
            #expect(server.statistics.requests == 0)
            #expect(!FileManager.default.fileExists(atPath: runner.path))
            _ = try await runner.run([file])
            // The same id with another request.
            try Self.line("a", "count-6").write(toFile: file, atomically: true, encoding: .utf8)
            await #expect { _ = try await runner.run([file]) } throws: {
                ($0 as? BatchError)?.kind == .input && "\($0)".contains("another request")
            }
            // No database of ours.
            let foreign = runner.path + ".txt"
            try String(repeating: "no database\n", count: 100).write(toFile: foreign, atomically: true, encoding: .utf8)
            let other = BatchRunner(database: foreign, environment: ["MOCK_BASE_URL": server.baseURL])
            await #expect { _ = try await other.run([file]) } throws: { ($0 as? BatchError)?.kind == .database }
        }
    }

    @Test func itsOptionsHold() async throws {
        let lines = (1...12).map { #"{"id":"j\#($0)","prompt":"x"}"# } + [Self.line("f", "count-5+status=500")]
        try await with(lines) { runner, file, server in
            var runner = runner
            runner.options.model = "mock/count-20+pace=2ms"
            runner.options.concurrency = 3
            runner.options.maximumAttempts = 2
            let report = try await runner.run([file])
            #expect(report.completed == 12 && report.failed == 1)
            #expect(server.statistics.maximumConcurrentStreams <= 3)
            #expect(report.attempts == 14)
        }
    }

    @Test func failedJobsGetAnotherChance() async throws {
        let lines = [
            Self.line("a", "count-5"), Self.line("b", "count-5+status=400+times=1"),
            Self.line("c", "count-6+status=400+times=1"),
        ]
        try await with(lines) { runner, file, server in
            let first = try await runner.run([file])
            #expect(first.completed == 1 && first.failed == 2, "\(first)")
            let none = try await runner.retry(errorKinds: [.contextLength])
            #expect(none.failed == 2 && none.attempts == 0, "none failed so: \(none)")
            let named = try await runner.retry(["b"])
            #expect(named.completed == 1 && named.failed == 0 && named.attempts == 1, "\(named)")
            let all = try await runner.retry()
            #expect(all.completed == 3 && all.failed == 0 && all.left == 0, "\(all)")
            let requests = server.statistics.requests
            #expect(try await runner.retry().attempts == 0 && server.statistics.requests == requests)
            await #expect { _ = try await runner.retry(["nobody"]) } throws: {
                ($0 as? BatchError)?.kind == .input && "\($0)".contains("has no job 'nobody'")
            }
            let nowhere = BatchRunner(database: runner.path + ".none", environment: [:])
            await #expect { _ = try await nowhere.retry() } throws: { ($0 as? BatchError)?.kind == .database }
        }
    }

    /// Another program holds the lock for longer than the store waits without a word: the run would wait for ever.
    @Test(.timeLimit(.minutes(15)))
    func whatTheStoreWarnsOfIsAnEvent() async throws {
        try await with([Self.line("a", "count-5")]) { runner, file, _ in
            _ = try await runner.run([file])
            let (locked, locker) = AsyncStream<Void>.makeStream()
            let (warned, teller) = AsyncStream<Void>.makeStream()
            let path = runner.path
            let holder = Task {
                try await SQLite.holdingWriteLock(path) {
                    locker.finish()
                    for await _ in warned {}
                }
            }
            for await _ in locked {}
            let report = try await runner.run([file]) { event in
                if case .warning(let text) = event, text.contains("lock") { teller.finish() }
            }
            #expect(report.completed == 1 && report.attempts == 0)
            try await holder.value
        }
    }

    /// As the command does: `status` shows a run of the library too.
    @Test func eachSecondIsRecorded() async throws {
        try await with([Self.line("a", "count-40+pace=20ms")]) { runner, file, server in
            // Held until two seconds stand, however late a busy machine writes them.
            server.hold(afterBodyBytes: 500)
            let path = runner.path
            let watch = Task {
                while (try? SQLite.rows(path, "SELECT count(*) FROM run_seconds").first.flatMap(Int.init)) ?? 0 < 2 {
                    try await Task.sleep(for: .milliseconds(50))
                }
                server.hold(afterBodyBytes: nil)
            }
            defer { watch.cancel() }
            _ = try await runner.run([file])
            let sums = try SQLite.rows(
                runner.path, "SELECT sum(completed), sum(output_tokens) >= 40, count(*) >= 2 FROM run_seconds")
            #expect(sums == ["1|1|1"])
        }
    }

    @Test func messagesNamePropertiesAndNoFlags() async throws {
        try await with([Self.line("a", "count-5"), #"{"id":"b","prompt":"x"}"#]) { runner, file, _ in
            let faults: [(BatchError.Kind, String, @Sendable (inout BatchOptions) -> Void)] = [
                (.configuration, "caFile: '/nonexistent.pem' cannot be read", { $0.caFile = "/nonexistent.pem" }),
                (
                    .configuration, "clientKey '/a.key' is of no use without clientCertificate",
                    { $0.clientKey = "/a.key" }
                ),
                (.configuration, "none is named: caFile, or SSL_CERT_FILE", { $0.trustsCAFileOnly = true }),
                (.configuration, "model: the model is empty", { $0.model = "" }),
                (.configuration, "provider: unknown provider 'mok'", { $0.provider = "mok" }),
                (.configuration, "concurrencyPerProvider mok=3", { $0.concurrencyPerProvider = ["mok": 3] }),
                (
                    .configuration, "baseURLs is for 'openai'",
                    { ($0.provider, $0.baseURLs) = ("openai", ["http://127.0.0.1:9/v1"]) }
                ),
                (.configuration, "weights: http://h/v1 is no endpoint", { $0.weights = ["http://h/v1": 2] }),
                (.configuration, "maximumCost needs a price", { $0.maximumCost = 1 }),
                (.input, "more than maximumLineBytes allows", { $0.maximumLineBytes = 10 }),
            ]
            for (kind, words, set) in faults {
                var runner = runner
                runner.options.model = "mock/count-5"
                set(&runner.options)
                let error = await #expect(throws: BatchError.self, "\(words)") { try await runner.run([file]) }
                #expect(error?.kind == kind && error?.description.contains(words) == true, "\(error as Any)")
                #expect(error?.description.contains("--") == false, "\(error as Any)")
            }
        }
    }
}
