import BatchEngine
import LLM4SBatch

/// The path of a run's database: as it was given, else beside the job file.
struct DatabaseName {
    /// Stands for the shard in a path that is given.
    private static let placeholder = "{shard}"

    private let given: String?
    private let file: String
    private let shard: JobShard?

    /// - Parameters:
    ///   - given: what `--db` says.
    ///   - files: the job files; the first names the database where nothing is given.
    init(_ given: String?, files: [String], shard: BatchOptions.Shard?) {
        self.given = given
        file = files.first ?? "-"
        self.shard = shard.flatMap { JobShard($0.index, of: $0.count) }
    }

    /// What keeps the path from being told.
    var fault: String? {
        if shard == nil, let given, given.contains(Self.placeholder) {
            return "--db \(given): without --shard there is nothing to put for \(Self.placeholder)"
        }
        if shard != nil, given == nil, isPiped {
            return "a shard of standard input needs --db: which database shall hold it?"
        }
        return nil
    }

    var path: String {
        if let given { return shard.map { given.replacing(Self.placeholder, with: $0.fileName) } ?? given }
        guard !isPiped else { return "llm4s-batch.db" }
        let part = shard.map { ".\($0.fileName)" } ?? ""
        return "\(stem)\(part).db"
    }

    /// Beside a pipe of the shell's, as <(…) is one, there is no place for it.
    private var isPiped: Bool { file == "-" || ["/dev/", "/proc/"].contains(where: file.hasPrefix) }

    /// The file's path without its ending.
    private var stem: Substring {
        let name = file.utf8.lastIndex(of: UInt8(ascii: "/")).map { file[file.utf8.index(after: $0)...] } ?? file[...]
        // A name whose only dot is its first character has no ending. (URL's own deletingPathExtension() traps at `.`.)
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else { return file[...] }
        return file[..<dot]
    }
}
