import Foundation

/// A small tmpfs of a test's own, unmounted with the value.
final class RamDisk: Sendable {
    let path: String

    /// Whether this process may mount; tried once.
    static let canMount: Bool = {
        guard getuid() == 0, let disk = try? RamDisk(kilobytes: 64) else { return false }
        return FileManager.default.fileExists(atPath: disk.path)
    }()

    init(kilobytes: Int) throws {
        path = FileManager.default.temporaryDirectory.appending(path: "llm4s-batch-disk-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try Self.run("mount", "-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path)
    }

    deinit {
        try? Self.run("umount", "--lazy", path)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Makes the disk read-only, as soon as no file on it is open for writing.
    ///
    /// A child of another test, started just now, holds all our files until it has become its own program: the disk
    /// is busy that long.
    func setReadOnly() async throws {
        for _ in 0..<200 {
            do { return try Self.run("mount", "-o", "remount,ro", path) } catch {}
            try await Task.sleep(for: .milliseconds(50))
        }
        try Self.run("mount", "-o", "remount,ro", path)
    }

    func grow(kilobytes: Int) throws { try Self.run("mount", "-o", "remount,size=\(kilobytes)k", path) }

    private static func run(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        let words = Pipe()
        process.standardError = words
        try process.run()
        let said = words.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(said: String(decoding: said, as: UTF8.self)) }
    }

    /// What a program said that ended with an error.
    struct Failure: Error { let said: String }
}
