import BatchEngine
import BatchStore
import Dispatch
import Foundation
import LLMStreaming
import Synchronization
import Testing

@testable import LLM4SBatch

/// A run among the workers of a folder, without the run (Contract, "Shared folders").
struct SharedRunTests {
    private let directory: TemporaryDirectory
    private let folder: SharedFolder
    private let told = Told()

    /// What a run would tell its user.
    private final class Told: Sendable {
        private let state = Mutex<(warned: [String], noted: [String])>(([], []))

        var warned: [String] { state.withLock { $0.warned } }
        var noted: [String] { state.withLock { $0.noted } }

        var observer: SessionObserver {
            var observer = SessionObserver()
            observer.warned = { text in self.state.withLock { $0.warned.append(text) } }
            observer.noted = { text in self.state.withLock { $0.noted.append(text) } }
            return observer
        }
    }

    init() throws {
        directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(
            at: directory.url.appending(path: "shared"), withIntermediateDirectories: true)
        folder = SharedFolder(directory.path("shared"))
    }

    private func run(_ share: CurrentShare, database: String, leastPatience: Duration) -> SharedRun {
        run(
            PartPublisher(folder, worker: WorkerName(number: 1), shard: nil, database: database), share,
            leastPatience: leastPatience)
    }

    private func run(
        _ publisher: PartPublisher, _ share: CurrentShare = CurrentShare(), patience: EndPatience = EndPatience(),
        silence: Duration = .seconds(3600), leastPatience: Duration = .seconds(90)
    ) -> SharedRun {
        var options = BatchOptions()
        options.publishingInterval = .milliseconds(100)
        return SharedRun(
            publisher, options: options, share: share, names: .flags, observer: told.observer, patience: patience,
            silence: silence, leastPatience: leastPatience)
    }

    /// A database with jobs, and a publisher of its own.
    private func stored(
        _ count: Int, freeBytes: @escaping @Sendable (String) -> Int? = { _ in nil }
    ) async throws -> (BatchDatabase, PartPublisher) {
        let database = try await BatchDatabase.open(directory.path("jobs.db"))
        let jobs = (1...count).map {
            NewJob(
                customID: "j\($0)", source: "jobs.jsonl", line: $0, provider: "mock", model: "m",
                requestSHA256: String($0), request: Array("{}".utf8), metadata: nil)
        }
        _ = try await database.ingest(jobs, onChanged: .error)
        let publisher = PartPublisher(
            folder, worker: WorkerName(number: 1), shard: nil, database: database.path, freeBytes: freeBytes)
        _ = try await publisher.parts()
        return (database, publisher)
    }

    private func wait(until condition: () throws -> Bool) async throws {
        while try !condition() { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// How many signs of life the run has given.
    private func signs() throws -> Int {
        try folder.heartbeats().map { heartbeat -> Int in
            guard heartbeat.worker == WorkerName(number: 1), case .alive(let number, _) = heartbeat.sign else {
                return 0
            }
            return number
        }.max() ?? 0
    }

    /// One that was killed leaves its last sign of life, which does not change any more.
    @Test func whoGivesNoSignOfLifeIsMissed() async throws {
        try folder.show(
            Heartbeat(worker: WorkerName(number: 2), .alive(number: 7, interval: .milliseconds(100))), insteadOf: nil)
        let share = CurrentShare()
        let run = run(share, database: directory.path("none/jobs.db"), leastPatience: .seconds(1))
        let (database, _) = try await stored(1)
        try await run.begin(database)
        #expect(share.value == WorkerShare(workers: 2))
        try await wait { share.value == .whole }
        #expect(try signs() > 3, "it was watched for a while")
        #expect(told.noted.contains { $0.hasSuffix("no other worker lives: this one spends all of the rates") })
        await run.leave()
        try await database.close()
        #expect(try folder.heartbeats().contains(Heartbeat(worker: WorkerName(number: 1), .ended)))
    }

    /// As on a disk that is full: signs of life have no bytes.
    @Test func anOutageOfPartsAloneIsSaidOnce() async throws {
        let share = CurrentShare()
        let run = run(share, database: directory.path("none/jobs.db"), leastPatience: .seconds(90))
        let (database, _) = try await stored(1)
        try await run.begin(database)
        try await wait { !told.warned.isEmpty }
        let before = try signs()
        // Each of them is between two parts that fail.
        try await wait { try signs() >= before + 5 }
        #expect(told.warned.count == 1 && told.noted.isEmpty, "\(told.warned), \(told.noted)")
        #expect(told.warned.first?.contains("the run goes on without it, and tries again each time") == true)
        await run.leave()
        try await database.close()
        #expect(told.warned.count == 1)
    }

    // MARK: The end

    /// A part that stands for many may be as large as the database, and its disk slow.
    @Test func theLastPartDoesNotWaitForAWideOne() async throws {
        let wide = Standstill()
        let (database, publisher) = try await stored(9) { _ in
            wide.stand()
            return nil
        }
        let run = run(publisher)
        try await run.begin(database)
        // A job that is cancelled is a change.
        for number in 1...8 {
            #expect(try await database.cancel([Int64(number)]) == [Int64(number)])
            try await wait { try folder.list().parts.count == number }
        }
        await wide.hasBegun()
        _ = try await database.cancel([9])
        let ending = Task { await run.end(database) }
        try await wait { try folder.heartbeats().contains(Heartbeat(worker: publisher.worker, .ended)) }
        #expect(try folder.list().parts.contains { $0.numbers.contains(9) })
        wide.goOn()
        await ending.value
        #expect(told.warned == [] && told.noted.last?.hasSuffix("bytes") == true, "\(told.warned), \(told.noted)")
        try await database.close()
    }

    @Test func whoGivesUpNeedNotWaitForAFolderThatDoesNotAnswer() async throws {
        let disk = Standstill()
        let (database, publisher) = try await stored(1)
        let patience = EndPatience()
        let run = run(publisher, patience: patience, silence: .zero)
        try await run.begin(database)
        let standing = Task { await publisher.stand(disk) }
        await disk.hasBegun()
        let ending = Task { await run.end(database) }
        try await wait { told.noted.contains("\(folder.path): publishing what is left") }
        patience.lose()
        await ending.value
        #expect(told.warned == ["\(folder.path) does not answer: what is not there is in \(database.path) alone"])
        disk.goOn()
        await standing.value
        // What it was waited for would go on with the database.
        try await wait { try folder.heartbeats().contains(Heartbeat(worker: publisher.worker, .ended)) }
        try await database.close()
    }

    /// Else the waiting takes ten minutes.
    @Test func whatIsGivenUpIsNotWaitedFor() async throws {
        let patience = EndPatience()
        let (goesOn, end) = AsyncStream<Void>.makeStream()
        #expect(!patience.isShort)
        let isMet = await Deadline.isMet(within: .seconds(600), patience: patience) {
            patience.lose()
            for await _ in goesOn {}
        }
        #expect(!isMet && patience.isShort)
        end.finish()
    }

    /// That all is published is one thing, that it is noted another.
    @Test func whatCannotBeNotedIsPublishedAllTheSame() async throws {
        let (database, publisher) = try await stored(1)
        let run = run(publisher)
        try await run.begin(database)
        _ = try await database.cancel([1])
        try await database.close()
        await run.end(database)
        #expect(try folder.list().parts.count == 1)
        #expect(told.warned.count == 1 && told.warned[0].contains("the next run does not know it"), "\(told.warned)")
    }

    /// As long as bytes arrive, the end of a run waits.
    @Test func whatComesFurtherIsWaitedFor() async throws {
        let asked = Mutex(0)
        let (goesOn, end) = AsyncStream<Void>.makeStream()
        let isMet = await Deadline.isMet(
            within: .milliseconds(10),
            progress: {
                asked.withLock { asked in
                    asked += 1
                    return min(asked, 6)
                }
            },
            { for await _ in goesOn {} })
        #expect(!isMet && asked.withLock { $0 } == 7, "it was given up at the first look that found nothing new")
        end.finish()
        #expect(await Deadline.isMet(within: .seconds(600)) {})
    }
}

/// Something that stands still until it is told to go on.
private final class Standstill: Sendable {
    private let (begun, began) = AsyncStream<Void>.makeStream()
    private let end = DispatchSemaphore(value: 0)

    /// Blocks the thread.
    func stand() {
        began.yield()
        end.wait()
    }

    func hasBegun() async { for await _ in begun { return } }

    func goOn() { end.signal() }
}

extension PartPublisher {
    /// Stands still on its thread, as where the folder's disk does.
    fileprivate func stand(_ disk: Standstill) { disk.stand() }
}
