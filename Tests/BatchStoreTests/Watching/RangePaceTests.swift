import Foundation
import Synchronization
import Testing

@testable import BatchStore

/// What reads all jobs beside a worker leaves its WAL room to begin anew (Contract, "Watch").
@Suite struct RangePaceTests {
    private static func read(_ reader: BatchReader, isOfStatistics: Bool, at pace: RangePace) async throws {
        if isOfStatistics {
            _ = try await reader.statistics(at: pace)
        } else {
            _ = try await reader.counters(at: pace)
        }
    }

    /// Between two ranges nobody reads, so that the WAL can begin anew.
    @Test(arguments: [false, true]) func betweenTwoRangesTheWALHasNoReader(isOfStatistics: Bool) async throws {
        let store = try await CountersTests.store(jobs: 30)
        let path = store.database.path
        let pauses = Mutex([Duration]())
        let pace = CountersTests.pace(7) { pause in
            do {
                let writer = try Connection(path: path, access: .writing)
                try writer.execute("UPDATE runs SET pid = pid + 1")
                let left = try writer.checkpointTruncating()
                #expect(left.frames == 0, "\(left)")
                pauses.withLock { $0.append(pause) }
            } catch {
                Issue.record(error)
            }
        }
        try await Self.read(store.database.reader, isOfStatistics: isOfStatistics, at: pace)
        let waited = pauses.withLock { $0 }
        #expect(waited.count == 4 && waited.allSatisfy { $0 > .zero && $0 <= BatchReader.longestPause }, "\(waited)")
        try await store.database.close()
    }

    /// Who waits for a reading does so for the sake of a worker alone, and of one that comes or goes meanwhile.
    @Test(arguments: [false, true]) func withoutAWorkerNothingIsWaitedFor(isOfStatistics: Bool) async throws {
        let store = try await CountersTests.store(jobs: 30)
        let pauses = Mutex(0)
        let counting = CountersTests.pace(7) { _ in pauses.withLock { $0 += 1 } }
        let path = store.database.path
        let reader = try await BatchReader.open(path)
        let database = store.database
        // It ends in the first pause.
        let ending = CountersTests.pace(7) { _ in
            pauses.withLock { $0 += 1 }
            try await database.close()
        }
        try await Self.read(reader, isOfStatistics: isOfStatistics, at: ending)
        #expect(pauses.withLock { $0 } == 1)
        try await Self.read(reader, isOfStatistics: isOfStatistics, at: counting)
        #expect(pauses.withLock { $0 } == 1)
        // A lock that nobody can look at is none that is held.
        try? FileManager.default.removeItem(atPath: path + ".lock")
        try FileManager.default.createSymbolicLink(atPath: path + ".lock", withDestinationPath: path + ".lock")
        #expect(WorkerLock.isHeld(try DatabasePath(path)) == nil)
        try await Self.read(reader, isOfStatistics: isOfStatistics, at: counting)
        #expect(pauses.withLock { $0 } == 1)
        await reader.close()
    }

    /// A command that reads once has no pauses; what reads again and again has them.
    @Test func onlyWhoReadsAgainAndAgainWaits() {
        #expect(RangePace().pause == nil)
        #expect(RangePace.sparing.pause != nil)
    }

    /// In a pause the reader answers others, of all jobs.
    @Test(.timeLimit(.minutes(15)), arguments: [false, true])
    func inAPauseOthersAreAnswered(isOfStatistics: Bool) async throws {
        let store = try await CountersTests.store(jobs: 30)
        let reader = store.database.reader
        let count = try store.rows("SELECT count(*) FROM attempts WHERE prompt_tokens > 0")
        let answers = Mutex(0)
        let pace = CountersTests.pace(7) { _ in
            let told = try await reader.attemptCount()
            #expect(told == count)
            answers.withLock { $0 += 1 }
        }
        try await Self.read(reader, isOfStatistics: isOfStatistics, at: pace)
        #expect(answers.withLock { $0 } == 4)
        try await store.database.close()
    }

    /// Whom nobody waits for any more waits for no worker, and neither does the end.
    @Test(.timeLimit(.minutes(15)), arguments: [false, true]) func aPauseCanBeCutShort(isInterrupted: Bool) async throws
    {
        let store = try await CountersTests.store(jobs: 30)
        let reader = store.database.reader
        let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
        let (cut, cutting) = AsyncStream.makeStream(of: Void.self)
        let reading = Task {
            try await reader.counters(
                at: CountersTests.pace(1) { _ in
                    beginning.yield()
                    guard !isInterrupted else {
                        for await _ in cut { break }
                        return
                    }
                    try await Task.sleep(for: .seconds(3600))
                })
        }
        for await _ in begun { break }
        if isInterrupted {
            reader.interrupt()
            cutting.yield()
        } else {
            reading.cancel()
        }
        let error = await #expect(throws: StoreError.self) { try await reading.value }
        #expect(error?.kind == .closed)
        try await store.database.close()
    }
}
