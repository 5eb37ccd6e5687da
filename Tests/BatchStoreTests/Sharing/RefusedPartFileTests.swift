import BatchEngine
import Foundation
import LLMStreaming
import SystemCalls
import Testing

@testable import BatchStore

/// What may stand in a folder under a part's name, and folders that go while they are read (Contract, "Shared folders").
@Suite struct RefusedPartFileTests {
    private let fixture: SharedFixture

    init() throws { fixture = try SharedFixture() }

    private func name(_ number: UInt64, bytes: Int = 4096) -> PartName {
        PartName(
            shard: .whole, worker: WorkerName(number: number), numbers: 1...1, bytes: bytes,
            checksum: String(repeating: "0", count: PartName.checksumDigits))
    }

    private func path(_ part: PartName) -> String { "\(fixture.folder.path)/\(part.text)" }

    private func database() async throws -> BatchDatabase {
        var options = StoreOptions()
        options.readPauses = [.zero]
        let database = try await BatchDatabase.open(fixture.files.file("new.db"), options: options)
        _ = try await database.ingest(newJobs(3), onChanged: .error)
        return database
    }

    /// Nobody writes the one, and the other has no end.
    @Test func aPipeAndADeviceArePassedOver() async throws {
        #expect(unsafe mkfifo(path(name(1)), 0o600) == 0)
        try FileManager.default.createSymbolicLink(atPath: path(name(2)), withDestinationPath: "/dev/zero")
        let database = try await database()
        let taken = try await database.takeIn(
            PartCover(try fixture.parts), in: fixture.folder, shard: nil, since: [:])
        #expect(taken.parts == 0)
        // What is wrong with both is told once.
        #expect(taken.passedOver.count == 1)
        #expect(taken.passedOver.first?.hasPrefix("\(path(name(1))): passed over: ") == true)
        #expect(taken.passedOver.first?.hasSuffix("; and so was 1 other") == true, "\(taken.passedOver)")
        try await database.close()
    }

    @Test func ofAFileThatIsTooLongOnlyTheBeginningIsCopied() throws {
        let part = name(1)
        try Data().write(to: URL(filePath: path(part)))
        try FileHandle(forWritingTo: URL(filePath: path(part))).truncate(atOffset: 1 << 40)
        let target = fixture.files.file("copy.db")
        #expect(try fixture.folder.copy(part, to: target) == .torn)
        #expect((1...1 << 20).contains(try #require(DatabasePath.size(of: target))))
    }

    /// A file that nobody may read, whoever they are.
    private static let unreadable = "/proc/sys/vm/compact_memory"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: unreadable)))
    func aPartThatThisUserMayNotReadEndsIt() async throws {
        try FileManager.default.createSymbolicLink(atPath: path(name(1)), withDestinationPath: Self.unreadable)
        let database = try await database()
        let fault = await #expect(throws: StoreError.self) {
            try await database.takeIn(PartCover(try fixture.parts), in: fixture.folder, shard: nil, since: [:])
        }
        #expect(fault?.kind == .io && fault?.path == path(name(1)), "\(fault as Any)")
        #expect(fault?.reason.contains("another user wrote it: run as that one") == true, "\(fault as Any)")
        #expect(database.failure == nil)
        try await database.close()
    }

    // MARK: The folder

    /// What goes away between two parts is not what was deleted: all that it holds would be paid again.
    @Test(arguments: [false, true])
    func aFolderThatGoesAwayBetweenTwoPartsEndsIt(isReplaced: Bool) async throws {
        for number in 1...2 {
            let store = try await fixture.merging.open(number, on: newJobs(3), in: "w\(number).db")
            try await store.complete("j\(number)", text: "answer \(number)", at: 2_000)
            try await fixture.publisher(UInt64(number), of: store).publish(isLast: true)
            try await store.database.close()
        }
        let database = try await database()
        let (folder, away) = (fixture.folder, fixture.files.file("away"))
        let cover = PartCover(try fixture.parts)
        let fault = await #expect(throws: StoreError.self) {
            try await database.writer.read(cover, in: folder) {
                try? FileManager.default.moveItem(atPath: folder.path, toPath: away)
                if isReplaced {
                    // As a mount point is.
                    try? FileManager.default.createDirectory(
                        atPath: folder.path, withIntermediateDirectories: false)
                }
            }
        }
        #expect(fault?.kind == .io && fault?.reason.contains(", 2 times; look whether") == true, "\(fault as Any)")
        #expect(database.failure == nil)
        try await database.close()
    }
}

extension Writer {
    /// Reads parts, and does something behind each.
    fileprivate func read(
        _ cover: PartCover, in folder: SharedFolder, _ body: @Sendable () -> Void
    ) throws(StoreError) -> TakenParts {
        try read(cover, in: folder, since: [:]) { (_, _) throws(StoreError) in
            body()
            return .whole
        }
    }
}
