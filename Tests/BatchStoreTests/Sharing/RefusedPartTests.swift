import BatchEngine
import Foundation
import LLMStreaming
import Testing

@testable import BatchStore

/// Parts that cannot be taken, and what keeps this machine from taking any (Contract, "Shared folders").
@Suite struct RefusedPartTests {
    private let fixture: SharedFixture

    init() throws { fixture = try SharedFixture() }

    /// Two workers, each with an answer; the part of the first is sound, but its rows refuse to be changed.
    private func refusing() async throws -> PartName {
        for number in 1...2 {
            let store = try await fixture.merging.open(number, on: newJobs(3), in: "w\(number).db")
            try await store.complete("j\(number)", text: "answer \(number)", at: 2_000)
            try await fixture.publisher(UInt64(number), of: store).publish(isLast: true)
            try await store.database.close()
        }
        let part = try #require(try fixture.parts.first { $0.worker == WorkerName(number: 1) })
        let path = "\(fixture.folder.path)/\(part.text)"
        let connection = try Connection(path: path, access: .writing)
        try connection.execute(
            "CREATE TRIGGER refusal BEFORE UPDATE ON jobs BEGIN SELECT raise(ABORT, 'it is refused'); END")
        let (bytes, checksum) = try #require(FileBytes.measure(path))
        let changed = PartName(
            shard: part.shard, worker: part.worker, numbers: part.numbers, bytes: bytes,
            checksum: String(checksum.prefix(PartName.checksumDigits)))
        try FileManager.default.moveItem(atPath: path, toPath: "\(fixture.folder.path)/\(changed.text)")
        return changed
    }

    @Test func aPartWhoseRowsAreRefusedIsPassedOver() async throws {
        let part = try await refusing()
        let database = try await BatchDatabase.open(fixture.files.file("new.db"))
        _ = try await database.ingest(newJobs(3), onChanged: .error)
        let taken = try await database.takeIn(
            PartCover(try fixture.parts), in: fixture.folder, shard: nil, since: [:])
        #expect(taken.parts == 1 && taken.passedOver.count == 1)
        #expect(taken.passedOver.first?.contains("\(part.text): passed over: ") == true)
        #expect(taken.passedOver.first?.contains("it is refused") == true)
        #expect(taken.numbers == [WorkerName(number: 2): 1], "it is looked at again")
        #expect(database.failure == nil)
        // The database is as it was: it can be written, and rows that refer to nothing are refused.
        let run = try await database.beginRun(command: "run", options: "{}", version: "test")
        try await database.finishRun(run, exitCode: 0, status: .finished)
        await #expect(throws: StoreError.self) {
            try await database.record(RunChange(command: "pause"), ofRun: run + 100)
        }
        try? await database.close()
        #expect(
            try sqlRows(database.path, "SELECT custom_id, status FROM jobs ORDER BY 1")
                == ["j1|pending", "j2|completed", "j3|pending"])
    }

    /// A disk on the network that fails is not what makes a part unusable.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/mem")))
    func aDiskThatCannotBeReadEndsItBeforeAnythingIsPaidAgain() async throws {
        let name = PartName(
            shard: .whole, worker: WorkerName(number: 9), numbers: 1...1, bytes: 4096,
            checksum: String(repeating: "0", count: PartName.checksumDigits))
        // Whose first bytes nobody can read.
        try FileManager.default.createSymbolicLink(
            atPath: "\(fixture.folder.path)/\(name.text)", withDestinationPath: "/proc/self/mem")
        var options = StoreOptions()
        options.readPauses = [.zero, .zero]
        let database = try await BatchDatabase.open(fixture.files.file("new.db"), options: options)
        let fault = await #expect(throws: StoreError.self) {
            try await database.takeIn(PartCover([name]), in: fixture.folder, shard: nil, since: [:])
        }
        #expect(fault?.kind == .io && fault?.path.hasSuffix(name.text) == true, "\(fault as Any)")
        #expect(fault?.reason.contains(", 3 times; look whether its disk is mounted") == true, "\(fault as Any)")
        #expect(database.failure == nil, "the database has no fault")
        try await database.close()
        // One that was deleted meanwhile is only passed over.
        let again = try await BatchDatabase.open(fixture.files.file("new.db"), options: options)
        try FileManager.default.removeItem(atPath: "\(fixture.folder.path)/\(name.text)")
        let taken = try await again.takeIn(PartCover([name]), in: fixture.folder, shard: nil, since: [:])
        #expect(taken.parts == 0 && taken.passedOver.count == 1)
        try await again.close()
    }

    /// What goes wrong on the local side is not told of the folder.
    @Test func theTwoSidesOfACopyAreKeptApart() async throws {
        let store = try await fixture.merging.open(1, on: newJobs(1), in: "one.db")
        try await store.complete("j1", text: "answer", at: 2_000)
        try await fixture.publisher(1, of: store).publish(isLast: true)
        try await store.database.close()
        let part = try #require(try fixture.parts.first)
        let local = #expect(throws: SharedFolderFault.self) {
            try fixture.folder.copy(part, to: fixture.files.file("none/copy.db"))
        }
        #expect(local?.isLocal == true && local?.localError?.kind == .io)
        let gone = PartName(
            shard: part.shard, worker: part.worker, numbers: 2...2, bytes: 1, checksum: part.checksum)
        let away = #expect(throws: SharedFolderFault.self) {
            try fixture.folder.copy(gone, to: fixture.files.file("copy.db"))
        }
        #expect(away?.isLocal == false && away?.isTransient == false)
    }
}
