import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// Numbers of chunks do not grow with how often what they are of was taken and published again.
@Suite struct ChunkNumberTests {
    private let fixture: SharedFixture

    init() throws { fixture = try SharedFixture() }

    @Test func tenGenerationsNumberTheirChunksAsOneWould() async throws {
        let jobs = newJobs(20)
        var path = ""
        for generation in 1...10 {
            let name = "g\(generation).db"
            path = try await fixture.fresh(name, jobs)
            try await fixture.takeIn(path)
            let store = try await fixture.merging.open(generation, on: jobs, in: name)
            // One is gone on with each time, others end; one stream lies among them.
            let open = store.attempt(try await store.job("j20"), textChunks("text of \(generation) that goes on "))
            try await store.complete("j\(generation)", text: "answer of generation \(generation)", at: 2_000)
            _ = store.queue.storeChunks(textChunks("more"), of: open, from: 100, atMicroseconds: 9_000)
            try await store.database.flush()
            try await fixture.publisher(UInt64(generation), of: store).publish(isLast: true)
            try await store.database.close()
            let counts = try sqlRows(path, "SELECT max(chunk_id), count(*) FROM chunks")
            let numbers = try #require(counts.first).split(separator: "|").compactMap { Int($0) }
            #expect(numbers[0] <= 10 * numbers[1], "generation \(generation): \(counts)")
        }
        // Each attempt's rows are where it says.
        let lost: SQL = """
            SELECT a.attempt_id FROM attempts AS a WHERE a.chunk_count <> (SELECT count(*) FROM chunks AS c
                WHERE c.chunk_id BETWEEN a.first_chunk_id AND a.last_chunk_id AND c.attempt_id = a.attempt_id)
            """
        for part in try fixture.parts {
            let file = "\(fixture.folder.path)/\(part.text)"
            #expect(try sqlRows(file, lost) == [])
            #expect(try sqlRows(file, "SELECT min(chunk_id) FROM chunks") == ["1"])
        }
        #expect(try sqlRows(path, lost) == [])
        #expect(try MergeFixture.seams(path).count == 10)
    }

    /// Where the first row of an attempt is not there, its rows were deleted: that stays so.
    @Test func rowsThatWereDeletedStayDeleted() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(2), in: "one.db")
        try await store.complete("j1", text: "first answer", at: 2_000)
        try await store.complete("j2", text: "second answer", at: 3_000)
        let change = try Connection(path: store.database.path, access: .writing)
        change.setCheckpointsOnClose(false)
        try change.execute(
            "DELETE FROM chunks WHERE attempt_id = (SELECT min(attempt_id) FROM attempts)")
        try await fixture.publisher(1, of: store).publish(isLast: true)
        let part = try #require(try fixture.parts.first)
        #expect(
            try sqlRows(
                "\(fixture.folder.path)/\(part.text)",
                """
                SELECT first_chunk_id IS NOT NULL, EXISTS (SELECT 1 FROM chunks AS c
                    WHERE c.chunk_id = a.first_chunk_id AND c.attempt_id = a.attempt_id) FROM attempts AS a ORDER BY 1, 2
                """) == ["1|0", "1|1"])
        try await store.database.close()
    }
}
