import BatchEngine
import Testing

@testable import BatchStore

@Suite struct StoredShardTests {
    /// Which part a database is of whose runs had these options.
    private func shard(_ options: String...) async throws -> StoredShard {
        let folder = try TemporaryFolder()
        let database = try await BatchDatabase.open(folder.file("a.db"))
        for text in options { _ = try await database.beginRun(command: "run", options: text, version: "1") }
        let shard = try await database.reader.shard()
        try await database.close()
        return shard
    }

    @Test func isWhatItsRunsWereGiven() async throws {
        #expect(try await shard() == .open)
        #expect(try await shard("{}") == .whole)
        let third = try #require(JobShard(3, of: 64))
        #expect(try await shard(#"{"shard":"3/64"}"#, #"{"shard":"3/64","rpm":3}"#) == .shard(third))
        // Several parts in one are no part.
        #expect(try await shard(#"{"shard":"3/64"}"#, #"{"shard":"4/64"}"#) == .whole)
        #expect(try await shard(#"{"shard":"3/64"}"#, "{}") == .whole)
        for odd in [#"{"shard":"64/64"}"#, #"{"shard":3}"#, #"{"shard":null}"#, "3", "[]"] {
            #expect(try await shard(odd) == .whole, "\(odd)")
        }
    }

    @Test func takesInNoOtherPart() throws {
        let (a, b) = (try #require(JobShard(3, of: 64)), try #require(JobShard(4, of: 64)))
        for (stored, asked, isRefused): (StoredShard, JobShard?, Bool) in [
            (.open, nil, false), (.open, a, false), (.whole, nil, false), (.whole, a, true), (.shard(a), nil, true),
            (.shard(a), a, false), (.shard(a), b, true), (.shard(a), JobShard(3, of: 32), true),
        ] {
            let fault = stored.fault(asked, path: "a.db")
            #expect((fault != nil) == isRefused, "\(stored) \(String(describing: asked))")
            #expect(fault?.hasPrefix("a.db ") ?? true)
        }
    }
}
