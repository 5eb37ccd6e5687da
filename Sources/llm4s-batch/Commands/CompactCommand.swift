import ArgumentParser
import BatchEngine
import BatchStore
import LLMStreaming
import SystemCalls

/// `compact`: makes a database smaller.
struct CompactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact", abstract: "Makes a database smaller, and says by how much.",
        discussion: """
            The file is written anew without what is free in it; with --chunks none the chunks of completed answers are \
            deleted before. Answers, tokens, times and costs stay; what goes is how each answer came, piece by piece \
            (show --chunks, and the seams of joined ones). Jobs without an answer keep their chunks. It takes free space \
            of twice the size that stays, and is refused while a worker runs; a kill leaves the file as it was, or smaller.
            """)

    @OptionGroup var database: DatabaseOption

    @Option(help: ArgumentHelp("Chunks of completed answers to keep: none (default: all stay).", valueName: "WHICH"))
    var chunks: KeptChunks?

    @Option(
        help: ArgumentHelp(
            "With --chunks none only those of answers that were completed before this day, or time, of UTC: 2026-11-01, "
                + "2026-11-01T12:00:00Z (default: all).", valueName: "DATE"))
    var before: DateArgument?

    @Flag(help: "Print one JSON object: sizes in bytes.")
    var json = false

    /// Which chunks of completed answers stay.
    enum KeptChunks: String, ExpressibleByArgument, CaseIterable {
        case none
    }

    mutating func validate() throws {
        if before != nil, chunks == nil { throw ValidationError("--before goes with --chunks none") }
    }

    func run() async throws {
        // Nothing is made where there is nothing.
        let reader = try await BatchReader.open(database.path)
        let path = reader.path
        await reader.close()
        let bytesBefore = BatchDatabase.bytes(of: path) ?? 0
        let folder = Self.keepTemporaryFiles(beside: path)
        var options = StoreOptions()
        options.warn = { Console.log(.warning, $0) }
        let database = try await BatchDatabase.open(path, options: options)
        var deleted = 0
        do {
            if chunks == KeptChunks.none {
                deleted = try await database.deleteChunks(ofAnswersBefore: before?.unixMilliseconds)
            }
            try await database.rebuild(temporaryFolder: folder)
            try await database.close()
        } catch {
            // What was deleted stays so, and is told with what went wrong.
            try? await database.close()
            if deleted > 0 {
                Console.log(
                    .warning, "\(deleted.grouped) chunks were deleted; the file is as large as before")
            }
            throw error
        }
        let report = CompactReport(
            path: path, bytesBefore: bytesBefore, bytesAfter: BatchDatabase.bytes(of: path) ?? 0,
            deletedChunks: deleted)
        if json { Console.output(report.json) } else { Console.output(report.text) }
        if report.isHeld {
            Console.log(
                .warning,
                "another program holds \(path) open for reading: the file gets smaller with the next run after it ends")
        }
    }

    /// Has SQLite build large files beside a database, unless the user says otherwise; returns where.
    ///
    /// SQLite asks the environment when its first connection is made.
    @discardableResult
    static func keepTemporaryFiles(beside path: String) -> String {
        if let chosen = ProcessEnvironment.variables["SQLITE_TMPDIR"], !chosen.isEmpty { return chosen }
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        unsafe setenv("SQLITE_TMPDIR", folder.isEmpty ? "/" : folder, 1)
        return folder
    }
}

/// What `compact` prints.
struct CompactReport {
    var path: String
    /// Of the file and its WAL.
    var bytesBefore: Int
    var bytesAfter: Int
    var deletedChunks: Int

    /// Whether somebody's reading keeps the file from becoming smaller: its WAL has what will be.
    var isHeld: Bool { bytesAfter > bytesBefore }

    var json: JSON {
        [
            "bytes_before": .int(bytesBefore), "bytes_after": .int(bytesAfter), "saved_bytes": .int(saved),
            "deleted_chunks": .int(deletedChunks),
        ]
    }

    var text: String {
        var text = "\(TerminalText.line(path, limit: 200))\n"
        text += "  before  \(FigureText.size(bytesBefore))\n  after   \(FigureText.size(bytesAfter))"
        if saved > 0 {
            let share = Int((Double(saved) / Double(max(1, bytesBefore)) * 100).rounded())
            text += ", \(FigureText.size(saved)) (\(share) %) less"
        }
        if deletedChunks > 0 { text += "\n  \(deletedChunks.grouped) chunks were deleted" }
        return text
    }

    private var saved: Int { max(0, bytesBefore - bytesAfter) }
}
