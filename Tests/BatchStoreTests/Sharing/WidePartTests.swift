import BatchEngine
import Dispatch
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// Parts that stand for many come beside the others, and signs of life beside both (Contract, "Shared folders").
@Suite struct WidePartTests {
    private let fixture: SharedFixture

    init() throws { fixture = try SharedFixture() }

    /// Publishes seven parts with an answer each, and an eighth.
    private func eight(_ store: TestStore, _ publisher: PartPublisher, isLast: Bool) async throws -> WidePart? {
        for number in 1...7 {
            try await store.complete("j\(number)", text: "answer \(number)", at: 2_000)
            let wide = try await publisher.publish(isLast: false)
            #expect(wide == nil)
        }
        try await store.complete("j8", text: "answer 8", at: 2_000)
        return try await publisher.publish(isLast: isLast)
    }

    private var numbers: [ClosedRange<Int>] { get throws { try fixture.parts.map(\.numbers) } }

    @Test func aPartIsThereBeforeTheOneThatHoldsItToo() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(9), in: "one.db")
        let publisher = fixture.publisher(1, of: store)
        let wide = try #require(try await eight(store, publisher, isLast: false))
        #expect(try numbers == (1...8).map { $0...$0 })
        // A kill comes here; else others follow before it is there.
        try await store.complete("j9", text: "answer 9", at: 2_000)
        try await publisher.publish(isLast: false)
        try await publisher.publish(wide)
        #expect(try Set(numbers) == Set((1...9).map { $0...$0 } + [1...8]))
        #expect(try PartCover(fixture.parts).needed.map(\.numbers) == [1...8, 9...9])
        let path = try await fixture.fresh("new.db", newJobs(9))
        #expect(try await fixture.takeIn(path).parts == 2)
        #expect(try sqlRows(path, "SELECT count(*) FROM jobs WHERE status = 'completed'") == ["9"])
        try await store.database.close()
    }

    @Test func theEndOfARunWaitsForNone() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(8), in: "one.db")
        let wide = try await eight(store, fixture.publisher(1, of: store), isLast: true)
        #expect(wide == nil)
        #expect(try numbers == (1...8).map { $0...$0 })
        try await store.database.close()
    }

    /// It may be as large as the database, on the disk that the run needs.
    @Test(arguments: [0, Int.max])
    func whereTheDiskIsTightThereIsNone(free: Int) async throws {
        let store = try await fixture.merging.open(1, on: newJobs(8), in: "one.db")
        let publisher = fixture.publisher(1, of: store) { _ in free }
        let wide = try #require(try await eight(store, publisher, isLast: false))
        try await publisher.publish(wide)
        #expect(try numbers.contains(1...8) == (free > 0))
        #expect(await publisher.written.parts == (free > 0 ? 9 : 8))
        try await store.database.close()
    }

    @Test func whatIsCancelledLeavesNothing() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(8), in: "one.db")
        let publisher = fixture.publisher(1, of: store)
        let wide = try #require(try await eight(store, publisher, isLast: false))
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await publisher.publish(wide)
        }
        task.cancel()
        await #expect(throws: (any Error).self) { try await task.value }
        #expect(try numbers == (1...8).map { $0...$0 })
        #expect(try fixture.files.names.filter { $0.hasPrefix("one.db-part") } == [])
        try await store.database.close()
    }

    /// What a killed process left of its parts, and nothing else.
    @Test func whatWasLeftGoesWhenTheDatabaseIsOpened() async throws {
        let path = try await fixture.fresh("one.db", newJobs(1))
        let left = ["-00000000000000ff", "-00000000000000ff-journal", "-00000000000000ff-wide"]
        let others = ["", "-wal", "y", "-1", "-00000000000000ff.db", "-00000000000000fg"]
        for ending in left + others { try Data().write(to: URL(filePath: "\(path)-part\(ending)")) }
        try await BatchDatabase.open(path).close()
        let names = try fixture.files.names.filter { $0.hasPrefix("one.db-part") }
        #expect(Set(names) == Set(others.map { "one.db-part\($0)" }))
    }

    /// A part that takes minutes is no silence.
    @Test func signsOfLifeGoOnWhileAPartIsWritten() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(1), in: "one.db")
        let publisher = fixture.publisher(1, of: store)
        _ = try await publisher.presence.beat(every: .seconds(1))
        let (began, goesOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let publishing = Task { await publisher.stand(began, goesOn) }
        await Task.detached { wait(for: began) }.value
        for _ in 1...3 { _ = try await publisher.presence.beat(every: .seconds(1)) }
        let signs = try fixture.folder.heartbeats()
        #expect(signs == [Heartbeat(worker: publisher.worker, .alive(number: 4, interval: .seconds(1)))])
        goesOn.signal()
        await publishing.value
        try await publisher.presence.end()
        // One that comes late is none any more.
        _ = try await publisher.presence.beat(every: .seconds(1))
        #expect(try fixture.folder.heartbeats() == [Heartbeat(worker: publisher.worker, .ended)])
        try await store.database.close()
    }
}

private func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }

extension PartPublisher {
    /// Stands still on its thread, as where the folder's disk does.
    fileprivate func stand(_ began: DispatchSemaphore, _ goesOn: DispatchSemaphore) {
        began.signal()
        goesOn.wait()
    }
}
