import Foundation

/// A directory for the files of one test, gone with its suite.
final class ScratchDirectory {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("input-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and returns its path.
    func file(_ name: String = "jobs.jsonl", bytes: [UInt8]) throws -> String {
        let path = "\(path)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// Writes a file of lines and returns its path.
    func file(_ name: String = "jobs.jsonl", lines: [String]) throws -> String {
        try file(name, bytes: Array(lines.map { $0 + "\n" }.joined().utf8))
    }
}
