import BatchEngine
import SystemCalls

/// Several databases read as the one that `merge` would make of them (Contract, "Several databases"); also a single one.
package struct BatchUnion: Sendable {
    /// One of the databases.
    package struct Member: Sendable {
        /// As it was named.
        package var name: String
        /// Its real path.
        package var path: String
        package var shard: StoredShard
    }

    /// In the order in which they were named.
    package let members: [Member]
    /// The jobs that several of them have; nil where there are none.
    package let overlap: Overlap?

    /// Looks at all databases, each of which must be there and readable, and finds what several have.
    ///
    /// - Throws: `StoreError` with the database that cannot be read; `UnionFault`.
    package init(_ names: [String]) async throws {
        var members: [Member] = []
        var known: [[UInt64]: String] = [:]
        for name in names {
            let reader = try await BatchReader.open(name)
            if let file = FileIdentity(reader.path), let first = known.updateValue(name, forKey: file.place) {
                throw UnionFault.repeated(name, as: first)
            }
            members.append(Member(name: name, path: reader.path, shard: try await reader.shard()))
            await reader.close()
        }
        self.members = members
        overlap = Self.areDisjoint(members) ? nil : try await Overlap(of: names)
    }

    /// Whether no two can have the same id: an id falls to one shard.
    private static func areDisjoint(_ members: [Member]) -> Bool {
        if members.count < 2 { return true }
        let shards = members.compactMap(\.shard.shard)
        return shards.count == members.count && Set(shards).count == shards.count
            && Set(shards.map(\.count)).count == 1
    }

    /// Into how many parts their inputs were cut, where they are shards: more than one number for those of several runs.
    package var shardCounts: [Int] { Set(members.compactMap(\.shard.shard?.count)).sorted() }

    /// The shards that are missing, where all are shards of one input.
    package var missingShards: [Int] {
        let shards = members.compactMap(\.shard.shard)
        guard shards.count == members.count, let count = shardCounts.first, shardCounts.count == 1 else { return [] }
        let named = Set(shards.map(\.index))
        return (0..<count).filter { !named.contains($0) }
    }

    package func close() async { await overlap?.close() }

    /// Reads all of them one after the other, and last what several have.
    ///
    /// - Parameter body: gets a reader, and which of the results that it gives are told of it.
    package func forEachPart(
        _ body: (BatchReader, _ alone: ([JobResult]) async throws -> [JobResult]) async throws -> Void
    ) async throws {
        for (number, member) in members.enumerated() {
            let reader = try await BatchReader.open(member.name)
            try await body(reader) { results in try await overlap?.alone(results, of: number) ?? results }
            await reader.close()
        }
        if let overlap { try await body(overlap.merged) { $0 } }
    }

    /// Reads a figure that adds up: of all of them, without what several have, and of that once.
    ///
    /// - Parameter add: gets a reader's figure and how often it counts: 1 or -1.
    package func sum<Value: Sendable>(
        _ value: (BatchReader) async throws -> Value, _ add: (Value, _ times: Int) throws -> Void
    ) async throws {
        for (number, member) in members.enumerated() {
            let reader = try await BatchReader.open(member.name)
            try add(try await value(reader), 1)
            await reader.close()
            guard let excerpt = try await overlap?.excerpt(of: number) else { continue }
            try add(try await value(excerpt), -1)
            await excerpt.close()
        }
        if let overlap { try add(try await value(overlap.merged), 1) }
    }
}
