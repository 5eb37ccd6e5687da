import ArgumentParser
import BatchEngine
import BatchStore

/// The databases of the commands that only read: `--db PATH`, or the paths alone; several are read as one.
struct NamedDatabases: ParsableArguments {
    @Option(
        name: .customLong("db"),
        help: ArgumentHelp(
            "A database of a run; may be repeated: several are read as the one that merge would make of them "
                + "(default: none).", valueName: "PATH"),
        completion: .file(extensions: ["db"]))
    var named: [String] = []

    @Argument(
        help: ArgumentHelp("Databases, in place of --db or beside it.", valueName: "PATH"),
        completion: .file(extensions: ["db"]))
    var bare: [String] = []

    /// The databases that were named.
    var paths: [String] { named + bare }

    func validate() throws { if paths.isEmpty { throw ValidationError(DatabaseOption.missing) } }
}

extension BatchUnion {
    /// Several databases that were named, with a word of what may be a mistake.
    ///
    /// - Throws: `Exit` where they are not parts of one whole.
    static func opened(_ paths: [String]) async throws -> BatchUnion {
        let union: BatchUnion
        do { union = try await BatchUnion(paths) } catch let fault as UnionFault { throw Exit(.input, fault.words) }
        if union.shardCounts.count > 1 {
            let counts = union.shardCounts.map(\.grouped).joined(separator: " and of ")
            Console.log(.warning, "there are shards of \(counts) parts among these databases: other runs cut them so")
        }
        return union
    }
}

extension UnionFault {
    var words: String {
        switch self {
        case .repeated(let name, let first): "\(name) is named twice\(first == name ? "" : ", also as \(first)")"
        case .conflict(let conflict, let source, let target): conflict.words(in: source, than: target)
        }
    }
}
