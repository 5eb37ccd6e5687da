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
        try? Self.run("umount", path)
        try? FileManager.default.removeItem(atPath: path)
    }

    func setReadOnly() throws { try Self.run("mount", "-o", "remount,ro", path) }

    func grow(kilobytes: Int) throws { try Self.run("mount", "-o", "remount,size=\(kilobytes)k", path) }

    private static func run(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
    }
}
