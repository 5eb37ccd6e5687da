import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// A run that was taken is the same run when more of it comes (Contract, "Shared folders").
@Suite struct AdoptedRunTests {
    private let fixture: SharedFixture

    init() throws { fixture = try SharedFixture() }

    private static let shards: [(String?, String?)] = [
        (nil, "3/64"), (nil, "0/1"), (nil, nil), ("3/64", "3/64"), ("3/64", "1/2"), ("3/64", nil), ("0/1", nil),
    ]

    /// A run of the whole input is gone on with by a shard, by a shard that is all of it, and by one that is none; and the
    /// other way round.
    @Test(arguments: shards)
    func anotherPartOfTheSameRunMakesNoSecondOne(first: String?, second: String?) async throws {
        let old = first.flatMap(JobShard.init)
        let ids = (0..<4000).map { "job-\($0)" }.filter { old?.contains($0) ?? true }.prefix(3)
        let jobs = ids.enumerated().map { newJob($0.element, line: $0.offset + 1) }
        let store = try await fixture.merging.open(1, on: jobs, in: "a.db")
        // What the options of a run hold of its shard and of the folder.
        let stored = first.map { #"{"shard":"\#($0)","every":"1s","sharing":{"worker":"0"}}"# }
        let change = try Connection(path: store.database.path, access: .writing)
        change.setCheckpointsOnClose(false)
        let update = try change.prepare("UPDATE runs SET options = ?1")
        update.bind(stored ?? #"{"every":"1s","sharing":{"worker":"0"}}"#, at: 1)
        try update.run()
        let publisher = fixture.publisher(1, of: store, shard: old)
        let path = try await fixture.fresh("b.db", jobs)
        for (number, job) in jobs.enumerated() {
            try await store.complete(job.customID, text: "answer", at: 2_000)
            try await publisher.publish(isLast: number == jobs.count - 1)
            // As its successor does before it begins, which may be several times.
            try await fixture.takeIn(path, shard: second.flatMap(JobShard.init))
            #expect(try sqlRows(path, "SELECT count(*) FROM runs") == ["1"])
            #expect(try sqlRows(path, "SELECT count(*) FROM attempts") == ["\(number + 1)"])
        }
        #expect(try sqlRows(path, "SELECT max(attempts), min(attempts) FROM jobs") == ["1|1"])
        let options = try sqlRows(path, "SELECT options ->> '$.shard', options ->> '$.sharing.taken' FROM runs")
        #expect(options == ["\(second ?? "")|1"])
        // In the whole it is what it was.
        let parts = try await fixture.merge(try fixture.parts, into: "parts.db")
        let both = try await BatchDatabase.open(parts)
        #expect(try await both.merge(path) == .merged)
        try await both.close()
        #expect(try sqlRows(parts, "SELECT count(*) FROM runs") == ["1"])
        #expect(try sqlRows(parts, "SELECT count(*) FROM attempts") == ["\(jobs.count)"])
        try await store.database.close()
    }

    /// A program may set how often it publishes, and name the folder later: a later run of the same database does.
    @Test func aRunThatGetsItsFolderLaterIsTheSame() async throws {
        let jobs = newJobs(2)
        let store = try await fixture.merging.open(1, on: jobs, in: "a.db")
        let change = try Connection(path: store.database.path, access: .writing)
        change.setCheckpointsOnClose(false)
        let path = try await fixture.fresh("b.db", jobs)
        for (number, options) in [#"{"every":"7s"}"#, #"{"every":"7s","sharing":{"published":"/f"}}"#].enumerated() {
            let update = try change.prepare("UPDATE runs SET options = ?1")
            update.bind(options, at: 1)
            try update.run()
            try await store.complete(jobs[number].customID, text: "answer", at: 2_000)
            try await fixture.publisher(UInt64(number + 1), of: store).publish(isLast: true)
            try await fixture.takeIn(path)
        }
        let counts: SQL = "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM attempts)"
        #expect(try sqlRows(path, counts) == ["1|2"])
        #expect(try sqlRows(try await fixture.merge(try fixture.parts, into: "parts.db"), counts) == ["1|2"])
        try await store.database.close()
    }
}
