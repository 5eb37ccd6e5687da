import BatchEngine
import BatchStore
import Foundation
import LLM4SBatch
import LLMStreaming
import MockProvider
import Synchronization
import Testing

/// A run of a file whose stored jobs are finished sends new ones while it still compares the rest.
struct SessionOverlapTests {
    private static func line(_ id: Int) -> String { #"{"id":"j\#(id)","model":"mock/count-3","prompt":"x"}"# }

    @Test func newJobsOfAFinishedFileAreSentBeforeItIsRead() async throws {
        try await with { server, directory, environment in
            let path = directory.path("jobs.db")
            let file = try directory.writeJobs((1...20).map(Self.line))
            let first = try await BatchRunner(database: path, environment: environment).run([file])
            #expect(first.completed == 20)
            // A page of jobs ends behind 3 MB: the new one is alone in the first, which is on its way when the second comes.
            let long = #"{"id":"new","model":"mock/count-3","prompt":"\#(String(repeating: "x", count: 3_300_000))"}"#
            _ = try directory.writeJobs([long] + (1...20).map(Self.line))
            let pages = Mutex(0)
            let sent = Mutex(false)
            var session = try Self.session(path, file, environment)
            session.observer.stored = { _ in
                let page = pages.withLock { pages in
                    pages += 1
                    return pages
                }
                guard page == 2 else { return }
                // The reading goes on when this returns: it waits for a request, which a run that reads first never sends.
                // Only a run that fails waits so long; on a busy machine the request may be late.
                let deadline = ContinuousClock.now + .seconds(240)
                while server.statistics.requests <= 20, .now < deadline { usleep(2_000) }
                sent.withLock { $0 = server.statistics.requests > 20 }
            }
            let result = try await session.run { result, _ in result }
            #expect(sent.withLock { $0 } && pages.withLock { $0 } == 3)
            #expect(result.counts.completed == 21 && result.isFinished && server.statistics.requests == 21)
        }
    }

    /// A job that is not finished may be changed in the file, or gone: it is sent once the file is read.
    @Test func aJobThatIsLeftIsNotSentBeforeTheFileIsRead() async throws {
        try await with { server, directory, environment in
            let path = directory.path("jobs.db")
            let file = try directory.writeJobs((1...20).map(Self.line))
            _ = try await BatchRunner(database: path, environment: environment).run([file])
            try SQLite.write(path, "UPDATE jobs SET status = 'pending' WHERE custom_id = 'j7'")
            _ = try directory.writeJobs(((0...6).map { $0 } + (8...20)).map(Self.line))
            let early = Mutex(0)
            var session = try Self.session(path, file, environment)
            session.observer.stored = { _ in
                usleep(50_000)
                early.withLock { $0 = max($0, server.statistics.requests) }
            }
            let result = try await session.run { result, _ in result }
            #expect(early.withLock { $0 } == 20)
            #expect(result.counts.completed == 20 && result.counts.gone == 1)
            #expect(server.statistics.requests == 21)
        }
    }

    private func with(
        _ test: (MockServer, TemporaryDirectory, [String: String]) async throws -> Void
    ) async throws {
        let server = try await MockServer.start()
        do { try await test(server, TemporaryDirectory(), ["MOCK_BASE_URL": server.baseURL]) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private static func session(
        _ path: String, _ file: String, _ environment: [String: String]
    ) throws -> BatchSession {
        let options = BatchOptions()
        let catalog = ProviderCatalog()
        let reading = try options.reading(catalog, environment)
        let sources = [InputSource.file(file)]
        let checked = try InputValidator(sources, reading).validate()
        var session = BatchSession(
            path: path, options: options, environment: environment,
            providers: ProviderTable(["mock"], moved: nil, catalog: catalog, environment: environment),
            prices: PriceTable(), scope: .sources([file]))
        session.intake = JobIntake(sources, reading, checked: checked, policy: .error, fault: { _ in nil })
        return session
    }
}
