import Foundation

/// A directory of one test's own, removed with the value.
final class TemporaryDirectory: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "llm4s-batch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    /// Writes a file and returns its path.
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: url.appending(path: name))
        return path(name)
    }

    /// Writes a job file of one line per dictionary-like string.
    func writeJobs(_ lines: some Sequence<String>, to name: String = "jobs.jsonl") throws -> String {
        try write(lines.joined(separator: "\n") + "\n", to: name)
    }
}
