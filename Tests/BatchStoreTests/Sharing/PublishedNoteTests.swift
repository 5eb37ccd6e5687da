import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// What is noted of a folder holds for that folder, and while what was published is in it (Contract, "Shared folders").
@Suite struct PublishedNoteTests {
    private let fixture: SharedFixture

    init() throws { fixture = try SharedFixture() }

    /// A run that publishes to its end, after it has answered a job.
    private func run(_ number: Int, answering id: String?, in folder: SharedFolder? = nil) async throws {
        let store = try await fixture.merging.open(number, on: newJobs(3), in: "one.db")
        let publisher = PartPublisher(
            folder ?? fixture.folder, worker: WorkerName(number: UInt64(number)), shard: nil,
            database: store.database.path)
        _ = try await publisher.parts()
        if let id { try await store.complete(id, text: "answer", at: 2_000) }
        try await publisher.publish(isLast: true)
        try await store.database.notePublished(publisher.notes, by: publisher.worker)
        try await store.database.close()
    }

    private func jobs() throws -> [[String]] {
        try fixture.parts.map { try sqlRows("\(fixture.folder.path)/\($0.text)", "SELECT custom_id FROM jobs") }
    }

    @Test func aFolderThatWasEmptiedGetsAllAgain() async throws {
        try await run(1, answering: "j1")
        try await run(2, answering: "j2")
        #expect(try jobs() == [["j1"], ["j2"]])
        for part in try fixture.parts {
            try FileManager.default.removeItem(atPath: "\(fixture.folder.path)/\(part.text)")
        }
        try await run(3, answering: "j3")
        #expect(try jobs() == [["j1", "j2", "j3"]])
        try await run(4, answering: nil)
        try await run(5, answering: nil)
        #expect(try jobs() == [["j1", "j2", "j3"]], "nothing new is published")
    }

    @Test func howTheFolderIsNamedChangesNothing() async throws {
        let link = fixture.files.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: fixture.folder.path)
        try await run(1, answering: "j1")
        try await run(2, answering: "j2", in: SharedFolder(link))
        try await run(3, answering: nil, in: SharedFolder(fixture.folder.path + "/../shared"))
        #expect(try jobs() == [["j1"], ["j2"]])
    }

    // MARK: Another folder in its place

    @Test func aMountPointIsNotTakenForTheFolder() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(3), in: "one.db")
        let publisher = fixture.publisher(1, of: store)
        _ = try await publisher.parts()
        _ = try await publisher.presence.beat(every: .seconds(1))
        try await store.complete("j1", text: "answer", at: 2_000)
        let away = fixture.files.file("away")
        try FileManager.default.moveItem(atPath: fixture.folder.path, toPath: away)
        try FileManager.default.createDirectory(atPath: fixture.folder.path, withIntermediateDirectories: false)
        let words = "another folder is there than when the run began"
        let beat = await #expect(throws: SharedFolderFault.self) {
            try await publisher.presence.beat(every: .seconds(1))
        }
        let part = await #expect(throws: SharedFolderFault.self) { try await publisher.publish(isLast: false) }
        #expect(beat?.reason == words && part?.reason == words)
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path) == [])
        // The disk comes back under another number.
        try FileManager.default.removeItem(atPath: fixture.folder.path)
        try FileManager.default.copyItem(atPath: away, toPath: fixture.folder.path)
        _ = try await publisher.presence.beat(every: .seconds(1))
        try await publisher.publish(isLast: false)
        #expect(try jobs() == [["j1"]])
        try await store.database.close()
    }

    /// What stands in a folder's place before this worker has written anything there: another number of the same folder, of
    /// a mounted bucket, or the mount point.
    @Test(arguments: [[], ["j1"]], [true, false])
    func beforeTheFirstSignOfLifeTheOthersPartsTellTheFolder(ids: [String], isSame: Bool) async throws {
        for id in ids { try await run(1, answering: id) }
        let publisher = PartPublisher(
            SharedFolder(fixture.folder.path), worker: WorkerName(number: 2), shard: nil,
            database: fixture.files.file("two.db"))
        #expect(try await publisher.parts().count == ids.count)
        let away = fixture.files.file("away")
        try FileManager.default.moveItem(atPath: fixture.folder.path, toPath: away)
        if isSame {
            try FileManager.default.copyItem(atPath: away, toPath: fixture.folder.path)
        } else {
            try FileManager.default.createDirectory(atPath: fixture.folder.path, withIntermediateDirectories: false)
        }
        // Two empty folders are alike.
        if isSame || ids.isEmpty {
            _ = try await publisher.presence.beat(every: .seconds(1))
        } else {
            await #expect(throws: SharedFolderFault.self) { try await publisher.presence.beat(every: .seconds(1)) }
        }
    }
}
