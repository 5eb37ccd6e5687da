import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// What happened in each second of a run is published, whatever other runs' clocks said (Contract, "Shared folders").
@Suite struct PublishingSecondsTests {
    private let fixture: SharedFixture
    private static let now = MergeFixture.start / 1000

    init() throws { fixture = try SharedFixture() }

    private func record(_ second: Int64, of run: Int64, in store: TestStore) async throws {
        store.database.record(
            RunSecond(
                runID: run, second: second, chunks: 1, outputTokens: 1, completed: 0, failed: 0, running: 0, waiting: 0)
        )
        try await store.database.flush()
    }

    /// The seconds of a run in each part, from the first one's beginning.
    private func seconds(_ run: Int64) throws -> [[Int64]] {
        try fixture.parts.map { part in
            let rows = try sqlRows(
                "\(fixture.folder.path)/\(part.text)", "SELECT run_id, second FROM run_seconds ORDER BY 1, 2")
            return rows.map { $0.split(separator: "|").compactMap { Int64($0) } }
                .filter { $0[0] == run }.map { $0[1] - Self.now }
        }
    }

    @Test func thoseOfTheRunAreNotMeasuredByAnothersClock() async throws {
        let first = try await fixture.merging.open(1, on: newJobs(6), in: "one.db")
        try await record(Self.now + 3_600, of: first.runID, in: first)
        try await first.complete("j1", text: "answer", at: 2_000)
        try await first.database.close()
        let store = try await fixture.merging.open(2, on: newJobs(6), in: "one.db")
        let publisher = fixture.publisher(2, of: store)
        // Each part has what came since the one before, and the second that had not passed yet.
        for (number, new) in [[10, 11], [12], [], [5]].enumerated() {
            for second in new { try await record(Self.now + Int64(second), of: store.runID, in: store) }
            try await store.complete("j\(number + 2)", text: "answer", at: 2_000)
            try await publisher.publish(isLast: false)
        }
        // At last the clock was set back.
        #expect(try seconds(store.runID) == [[10, 11], [11, 12], [12], [5, 10, 11, 12]])
        #expect(try seconds(first.runID).first == [3_600])
        try await store.database.close()
    }
}
