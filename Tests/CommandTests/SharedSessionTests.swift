import BatchEngine
import BatchStore
import Foundation
import LLMStreaming
import MockProvider
import Synchronization
import Testing

@testable import LLM4SBatch

/// What a run takes of a shared folder before it begins, seen from inside the process (Contract, "Shared folders").
struct SharedSessionTests {
    /// The folder, the mock, and databases and files beside them.
    private struct Fixture {
        let server: MockServer
        let directory: TemporaryDirectory
        let environment: [String: String]

        func folder(_ name: String) throws -> String {
            let url = directory.url.appending(path: name)
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            return url.path
        }

        func file(_ ids: ClosedRange<Int>, prompt: String = "x", to name: String) throws -> String {
            try directory.writeJobs(
                ids.map { #"{"id":"j\#($0)","model":"mock/count-3","prompt":"\#(prompt)"}"# }, to: name)
        }

        func session(
            _ machine: String, _ file: String, sharing folder: String, policy: ChangedJobPolicy = .error
        ) throws -> BatchSession {
            var options = BatchOptions()
            options.sharedFolder = folder
            let catalog = ProviderCatalog()
            let reading = try options.reading(catalog, environment)
            let sources = [InputSource.file(file)]
            let checked = try InputValidator(sources, reading).validate()
            var session = BatchSession(
                path: directory.path("\(machine).db"), options: options, environment: environment,
                providers: ProviderTable(["mock"], moved: nil, catalog: catalog, environment: environment),
                prices: PriceTable(), scope: .sources([file]))
            session.intake = JobIntake(sources, reading, checked: checked, policy: policy, fault: { _ in nil })
            return session
        }
    }

    private func with(_ test: (Fixture) async throws -> Void) async throws {
        let server = try await MockServer.start()
        do {
            try await test(
                Fixture(
                    server: server, directory: TemporaryDirectory(), environment: ["MOCK_BASE_URL": server.baseURL]))
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test func whatWasTakenIsNotLeft() async throws {
        try await with { fixture in
            let folder = try fixture.folder("shared")
            let file = try fixture.file(1...20, to: "jobs.jsonl")
            let first = try await fixture.session("a", fixture.file(1...15, to: "some.jsonl"), sharing: folder)
                .run { result, _ in result }
            #expect(first.counts.completed == 15)
            let left = Mutex<Int?>(nil)
            var session = try fixture.session("b", file, sharing: folder)
            session.observer.began = { beginning in
                let count = beginning.left()
                left.withLock { $0 = count }
            }
            let result = try await session.run { result, _ in result }
            #expect(left.withLock { $0 } == 5)
            #expect(result.counts.completed == 20 && fixture.server.statistics.requests == 20)
        }
    }

    /// Reading an input may take hours.
    @Test func whatIsPublishedWhileTheInputIsReadIsTakenToo() async throws {
        try await with { fixture in
            let (folder, other) = (try fixture.folder("shared"), try fixture.folder("other"))
            for (machine, ids, target) in [("a", 1...5, folder), ("b", 6...10, other)] {
                let file = try fixture.file(ids, to: "\(machine).jsonl")
                _ = try await fixture.session(machine, file, sharing: target).run { result, _ in result }
            }
            var session = try fixture.session("c", fixture.file(1...10, to: "c.jsonl"), sharing: folder)
            session.observer.stored = { _ in
                let manager = FileManager.default
                for name in (try? manager.contentsOfDirectory(atPath: other)) ?? [] where name.hasPrefix("part.") {
                    // A page that comes later finds it there.
                    try? manager.copyItem(atPath: "\(other)/\(name)", toPath: "\(folder)/\(name)")
                }
            }
            let result = try await session.run { result, _ in result }
            #expect(result.counts.completed == 10 && fixture.server.statistics.requests == 10)
        }
    }

    /// Parts whose jobs were others before are looked at again.
    @Test func jobsThatWereReplacedAreLookedForAgain() async throws {
        try await with { fixture in
            let folder = try fixture.folder("shared")
            let changed = try fixture.file(1...5, prompt: "y", to: "changed.jsonl")
            _ = try await fixture.session("a", changed, sharing: folder).run { result, _ in result }
            // The same ids with other requests: nothing of the part is theirs.
            let file = try fixture.file(1...5, to: "jobs.jsonl")
            _ = try await fixture.session("b", file, sharing: folder).run { result, _ in result }
            #expect(fixture.server.statistics.requests == 10)
            _ = try fixture.file(1...5, prompt: "y", to: "jobs.jsonl")
            let result = try await fixture.session("b", file, sharing: folder, policy: .replace)
                .run { result, _ in result }
            #expect(result.counts.completed == 5 && fixture.server.statistics.requests == 10)
        }
    }

    // MARK: What is lost, and what is stopped

    /// A database whose last commits went with the power, or whose copy was put back, lacks what it published.
    @Test func whatAnOlderCopyOfTheDatabaseLacksIsTakenBack() async throws {
        try await with { fixture in
            let (folder, file) = (try fixture.folder("shared"), try fixture.file(1...5, to: "jobs.jsonl"))
            let (path, copy) = (fixture.directory.path("a.db"), fixture.directory.path("copy.db"))
            var session = try fixture.session("a", file, sharing: folder)
            session.observer.began = { _ in
                // By another process: this one would drop SQLite's locks.
                for ending in ["", "-wal"] {
                    _ = try? Process.run(URL(filePath: "/bin/cp"), arguments: [path + ending, copy + ending])
                        .waitUntilExit()
                }
            }
            _ = try await session.run { result, _ in result }
            for ending in ["", "-wal"] {
                try? FileManager.default.removeItem(atPath: path + ending)
                try FileManager.default.moveItem(atPath: copy + ending, toPath: path + ending)
            }
            #expect(
                try SQLite.rows(path, "SELECT (SELECT count(*) FROM completions), (SELECT count(*) FROM runs)") == [
                    "0|1"
                ])
            let result = try await fixture.session("a", file, sharing: folder).run { result, _ in result }
            #expect(result.counts.completed == 5 && fixture.server.statistics.requests == 5)
            #expect(try SQLite.rows(path, "SELECT count(*) FROM attempts") == ["5"])
        }
    }

    /// Who stops it while it reads its input does not wait for the parts; the next run has them.
    @Test func aRunThatIsStoppedTakesNothing() async throws {
        try await with { fixture in
            let (folder, file) = (try fixture.folder("shared"), try fixture.file(1...5, to: "jobs.jsonl"))
            _ = try await fixture.session("a", file, sharing: folder).run { result, _ in result }
            let task = Mutex<Task<JobCounts, any Error>?>(nil)
            let noted = Mutex<[String]>([])
            var session = try fixture.session("b", file, sharing: folder)
            session.observer.noted = { text in noted.withLock { $0.append(text) } }
            session.observer.stored = { _ in
                // Made under the lock, it is there when this is called.
                task.withLock { $0?.cancel() }
            }
            let running = task.withLock { task in
                let new = Task { [session] in try await session.run { result, _ in result.counts } }
                task = new
                return new
            }
            _ = try? await running.value
            #expect(noted.withLock { $0 }.allSatisfy { !$0.contains("took") })
            let taken = "SELECT count(*) FROM runs WHERE options ->> '$.sharing.taken' IS NOT NULL"
            #expect(try SQLite.number(fixture.directory.path("b.db"), taken) == 0)
            let result = try await fixture.session("b", file, sharing: folder).run { result, _ in result }
            #expect(result.counts.completed == 5)
            #expect(try SQLite.number(fixture.directory.path("b.db"), taken) == 1)
        }
    }

    @Test func whoClosesStreamsAtOnceDoesNotWaitForTheFolderEither() async throws {
        try await with { fixture in
            let (folder, file) = (try fixture.folder("shared"), try fixture.file(1...5, to: "jobs.jsonl"))
            for isAtOnce in [false, true] {
                var session = try fixture.session("a\(isAtOnce)", file, sharing: folder)
                session.observer.began = { $0.stop(isAtOnce) }
                _ = try await session.run { result, _ in result }
                #expect(session.patience.isShort == isAtOnce)
            }
        }
    }
}
