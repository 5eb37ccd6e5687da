import Foundation
import MockProvider
import Testing

/// Keys stay where they belong.
@Suite(.serialized)
struct EndToEndSecurityTests {
    private static let key = "sk-marked-7f3a9c51e0d2"

    @Test func noByteOfAKeyIsInAnyFileOrLog() async throws {
        var configuration = MockConfiguration()
        configuration.requiredKey = Self.key
        let server = try await MockServer.start(configuration)
        let directory = try TemporaryDirectory()
        let lines = (1...20).map { number in
            #"{"id":"j\#(number)","model":"openai/count-40\#(number % 3 == 0 ? "+status=500" : "")","prompt":"\#(number)"}"#
        }
        let file = try directory.writeJobs(lines)
        let process = try BatchProcess(
            ["run", file, "--max-attempts", "1", "--durability", "normal"],
            environment: ["OPENAI_API_KEY": Self.key, "OPENAI_BASE_URL": server.baseURL])
        let database = directory.path("jobs.db")
        // Looked at while the write-ahead log still holds what was written.
        var seen = Data()
        while process.isRunning {
            for name in ["jobs.db", "jobs.db-wal", "jobs.db.lock"] {
                if let data = FileManager.default.contents(atPath: directory.path(name)) { seen = data }
                #expect(seen.range(of: Data(Self.key.utf8)) == nil)
            }
            let line = FileManager.default.contents(atPath: "/proc/\(process.processIdentifier)/cmdline") ?? Data()
            #expect(line.range(of: Data(Self.key.utf8)) == nil)
        }
        let ended = await process.ended()
        #expect(ended.status == 1)
        #expect(!ended.error.contains(Self.key) && !ended.output.contains(Self.key))
        #expect(try SQLite.number(database, "SELECT count(*) FROM completions") == 14, "the key was accepted")
        #expect(try Data(contentsOf: URL(filePath: database)).range(of: Data(Self.key.utf8)) == nil)
        await server.stop()
    }

    @Test func aKeyThatTheServerQuotesIsStruckOutAndItsProviderGetsNoMoreRequests() async throws {
        var configuration = MockConfiguration()
        configuration.script = { _ in
            var behavior = MockBehavior()
            behavior.fault.status = 401
            behavior.fault.errorMessage = "Incorrect API key provided: \(Self.key)"
            return behavior
        }
        let server = try await MockServer.start(configuration)
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs((1...200).map { #"{"model":"openai/gpt","prompt":"\#($0)"}"# })
        let ended = try await BatchProcess.run(
            "run", file, "--concurrency", "4",
            environment: ["OPENAI_API_KEY": Self.key, "OPENAI_BASE_URL": server.baseURL])
        #expect(ended.status == 4, "\(ended.error)")
        #expect(ended.error.contains("Incorrect API key") && !ended.error.contains(Self.key), "\(ended.error)")
        #expect(server.statistics.requests <= 4, "no more requests than were under way")
        let database = directory.path("jobs.db")
        #expect(try Data(contentsOf: URL(filePath: database)).range(of: Data(Self.key.utf8)) == nil)
        #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'pending'") == 200)
        await server.stop()
    }

    @Test func aRedirectToAnotherOriginIsRefusedAndTheKeyNotSent() async throws {
        var elsewhere = MockConfiguration()
        elsewhere.recordsRequests = true
        let other = try await MockServer.start(elsewhere)
        let server = try await MockServer.start()
        let directory = try TemporaryDirectory()
        let location = "\(other.baseURL)/chat/completions".replacing("/", with: "%2F").replacing(":", with: "%3A")
        let file = try directory.writeJobs([
            #"{"id":"a","model":"openai/status=307+location=\#(location)","prompt":"hello"}"#
        ])
        let ended = try await BatchProcess.run(
            "run", file, environment: ["OPENAI_API_KEY": Self.key, "OPENAI_BASE_URL": server.baseURL])
        #expect(ended.status == 1, "\(ended.error)")
        #expect(other.requests.isEmpty)
        #expect(other.statistics.connectionsAccepted == 0)
        #expect(try SQLite.rows(directory.path("jobs.db"), "SELECT error_kind FROM jobs") == ["redirect"])
        await server.stop()
        await other.stop()
    }

    @Test func whatEveryJobGetsLeavesTheJobsAndSaysWhatToDo() async throws {
        for (fault, status, words) in [
            ("status=302", 302, "what answers there serves no such requests"),
            ("status=302+location=http%3A%2F%2Felse.example%2F", 302, "the server is elsewhere"),
            ("html", 200, "a page came in place of an answer"),
        ] {
            var configuration = MockConfiguration()
            configuration.script = { _ in
                var behavior = MockBehavior()
                behavior.fault = (try? MockBehavior(parsing: fault))?.fault ?? behavior.fault
                return behavior
            }
            let server = try await MockServer.start(configuration)
            let directory = try TemporaryDirectory()
            let file = try directory.writeJobs((1...300).map { #"{"model":"openai/gpt","prompt":"\#($0)"}"# })
            let ended = try await BatchProcess.run(
                "run", file, environment: ["OPENAI_API_KEY": Self.key, "OPENAI_BASE_URL": server.baseURL])
            #expect(ended.status == 4, "\(status): \(ended.error)")
            #expect(server.statistics.requests <= 128)
            let database = directory.path("jobs.db")
            #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'pending'") == 300)
            #expect(ended.error.contains("openai gets no more requests"), "\(ended.error)")
            #expect(ended.error.contains(words), "\(ended.error)")
            await server.stop()
        }
    }

    @Test func aModelThatIsNotServedStopsInWhateverWordsAndTheAdviceFits() async throws {
        var configuration = MockConfiguration()
        configuration.script = { _ in
            var behavior = MockBehavior()
            behavior.fault.status = 400
            behavior.fault.errorMessage = "The model does not support Chat Completions API"
            return behavior
        }
        let server = try await MockServer.start(configuration)
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs((1...100).map { #"{"model":"openai/gpt","prompt":"\#($0)"}"# })
        let ended = try await BatchProcess.run(
            "run", file, environment: ["OPENAI_API_KEY": Self.key, "OPENAI_BASE_URL": server.baseURL])
        #expect(ended.status == 4, "\(ended.error)")
        #expect(ended.error.contains("openai/gpt gets no more requests"), "\(ended.error)")
        #expect(ended.error.contains("no such model or path"), "\(ended.error)")
        let database = directory.path("jobs.db")
        #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'pending'") == 100)
        await server.stop()
    }

    @Test func controlCharactersOfAnAnswerNeverReachTheTerminalRaw() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.writeJobs([
            #"{"id":"a\u001b[31m","model":"mock/status=400","prompt":"hello"}"#
        ])
        let ended = try await BatchProcess.run("run", file)
        #expect(ended.status == 1, "\(ended.error)")
        #expect(!ended.error.contains("\u{1B}"))
        let show = try await BatchProcess.run("show", "--db", directory.path("jobs.db"), "a\u{1B}[31m")
        #expect(show.status == 0 && !show.output.contains("\u{1B}"))
    }
}
