import CSQLite
import Foundation
import Testing

@testable import BatchStore

/// Why SQLite and the system refuse, as users read it.
@Suite struct FailureWordsTests {
    private static func error(_ code: Int32, _ words: String, system: Int32 = 0, path: String = "/tmp") -> StoreError {
        var failure = SQLiteFailure(code: code, message: words)
        failure.systemCode = system
        return failure.storeError(path: path)
    }

    /// SQLITE_IOERR_FSYNC and SQLITE_IOERR_WRITE.
    @Test(arguments: [1034, 778] as [Int32], [ENOSPC, EDQUOT])
    func aDiskThatIsFoundFullByASyncIsFull(code: Int32, system: Int32) {
        let error = Self.error(code, "disk I/O error", system: system)
        #expect(error.kind == .full)
        #expect(error.needing(2_500_000).description.contains("at least 2.5 MB are needed"))
    }

    @Test(
        arguments: zip(
            [SQLITE_NOMEM, csqlite_ioerr_nomem, SQLITE_IOERR, SQLITE_CANTOPEN] as [Int32],
            [0, 0, ENOMEM, ENOMEM] as [Int32]))
    func missingMemoryIsASentence(code: Int32, system: Int32) {
        let error = Self.error(code, "out of memory", system: system)
        #expect(error.kind == .noMemory)
        #expect(error.description.contains("not enough memory"))
        #expect(error.description.contains("run the same command again"))
    }

    @Test(arguments: [EMFILE, ENFILE])
    func tooManyOpenFilesAreNamed(system: Int32) {
        let error = Self.error(SQLITE_CANTOPEN, "unable to open database file", system: system)
        #expect(error.description.contains("too many files are open"))
        #expect(!error.description.contains("unable to open"))
    }

    @Test func theCauseOfWhatCannotBeOpenedIsNamed() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("sub"), withIntermediateDirectories: true)
        for (path, words) in [
            (folder.file("no/jobs.db"), "folder \(folder.file("no"))"), (folder.file("gone.db"), "not there any more"),
            (folder.file("sub"), "it is a folder"),
        ] {
            let error = Self.error(SQLITE_CANTOPEN, "unable to open database file", path: path)
            #expect(error.description.contains(words), "\(error)")
            #expect(!error.description.contains("unable to open"), "\(error)")
        }
    }

    @Test(arguments: [
        (0, "0 bytes"), (999, "999 bytes"), (1_000, "1 kB"), (599_001, "600 kB"), (1_000_000, "1.0 MB"),
        (3_410_000, "3.5 MB"), (99_999_999, "100.0 MB"), (100_000_000, "100 MB"), (12_000_000_001, "13 GB"),
    ])
    func bytesAreShortAndNeverTooFew(bytes: Int, words: String) { #expect(DiskSpace.text(bytes) == words) }
}
