import BatchEngine
import Foundation
import LLMStreaming

@testable import BatchStore

/// Workers that publish in one folder, and databases that are made of what they publish.
struct SharedFixture {
    let merging: MergeFixture
    var files: TemporaryFolder { merging.folder }
    let folder: SharedFolder

    init() throws {
        merging = try MergeFixture()
        let path = merging.folder.file("shared")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        folder = SharedFolder(path)
    }

    /// What publishes for a database.
    func publisher(
        _ number: UInt64, of store: TestStore, shard: JobShard? = nil,
        freeBytes: @escaping @Sendable (String) -> Int? = { _ in nil }
    ) -> PartPublisher {
        PartPublisher(
            folder, worker: WorkerName(number: number), shard: shard, database: store.database.path,
            freeBytes: freeBytes)
    }

    var parts: [PartName] { get throws { try folder.list().parts.sorted { $0.text < $1.text } } }

    /// Merges parts, in this order and each in a call of its own, into a new database; returns its path.
    func merge(_ parts: [PartName], into name: String) async throws -> String {
        let merged = try await BatchDatabase.open(files.file(name))
        for part in parts {
            let (taken, conflict) = try await merged.merge(PartCover([part]), in: folder)
            guard conflict == nil, taken.parts == 1 else { throw TestStore.NotThere() }
        }
        try await merged.close()
        return merged.path
    }

    /// Takes all that is in the folder into a database, as a run does before it begins.
    @discardableResult
    func takeIn(_ path: String, shard: JobShard? = nil) async throws -> TakenParts {
        let database = try await BatchDatabase.open(path)
        let taken = try await database.takeIn(
            PartCover(try parts, of: shard ?? .whole, except: [], beyond: [:]), in: folder, shard: shard, since: [:])
        try await database.close()
        return taken
    }

    /// A database with these jobs, none of which has run.
    func fresh(_ name: String, _ jobs: [NewJob]) async throws -> String {
        let database = try await BatchDatabase.open(files.file(name))
        _ = try await database.ingest(jobs, onChanged: .error)
        try await database.close()
        return database.path
    }
}

extension PartPublisher {
    /// Publishes what has changed, and what is due beside it.
    func publishAll() async throws {
        if let wide = try publish(isLast: false) { try await publish(wide) }
    }
}
