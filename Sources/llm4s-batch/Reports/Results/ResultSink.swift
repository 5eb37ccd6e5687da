import Foundation
import SystemCalls

/// Standard output, a device or pipe that is there, or a file that takes its name when it is whole.
struct ResultSink {
    private let path: String?
    /// The file beside the path that holds what is written; nil where it is written to directly.
    private let temporary: String?
    private let handle: FileHandle?

    /// Opens what a path names, or standard output where there is none, or `-`.
    ///
    /// - Parameter databases: the files that must not be written over.
    init(path: String?, databases: [String] = []) throws {
        // A link keeps pointing where it does; the file behind it is replaced.
        let target = path == "-" ? nil : path.map { URL(filePath: $0).resolvingSymlinksInPath().path }
        self.path = target
        guard let target else {
            (handle, temporary) = (nil, nil)
            return
        }
        for database in databases
        where ["", "-wal", "-shm", ".lock"].contains(where: { target == database + $0 }) {
            throw Exit(.input, "--output \(target) is the database")
        }
        let status = Self.status(of: target)
        let isReplaced = Self.isReplaced(status)
        let opened = isReplaced ? "\(target).\(ProcessInfo.processInfo.processIdentifier).tmp" : target
        guard !isReplaced || FileManager.default.createFile(atPath: opened, contents: nil),
            let handle = FileHandle(forWritingAtPath: opened)
        else { throw Exit(.input, "\(opened) cannot be written") }
        // Who keeps answers from others' eyes keeps the new ones too.
        if let status, isReplaced { _ = fchmod(handle.fileDescriptor, status.st_mode & 0o7777) }
        temporary = isReplaced ? opened : nil
        self.handle = handle
    }

    /// Whether something would be left behind if the program ended while it writes there.
    static func isReplaced(path: String?) -> Bool {
        guard let path, path != "-" else { return false }
        return isReplaced(status(of: path))
    }

    /// `/dev/null` or a named pipe stays what it is.
    private static func isReplaced(_ status: stat?) -> Bool { status.map { $0.st_mode & S_IFMT == S_IFREG } ?? true }

    /// What is there, behind links; nil for nothing.
    private static func status(of path: String) -> stat? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status : nil
    }

    /// Whether a person reads what is written.
    var isTerminal: Bool { handle.map { isatty($0.fileDescriptor) == 1 } ?? Console.isOutputTerminal }

    func write(_ text: String) throws {
        guard let handle else { return Console.output(bytes: Array(text.utf8)) }
        do { try handle.write(contentsOf: Data(text.utf8)) } catch { throw fault(error) }
    }

    /// Gives the file its name, once it is on disk.
    func finish() throws {
        guard let handle, let path else { return }
        do {
            if temporary != nil { try handle.synchronize() }
            try handle.close()
        } catch { throw fault(error) }
        guard let temporary else { return }
        guard unsafe rename(temporary, path) == 0 else {
            throw Exit(.input, "\(path) cannot be replaced: \(SystemError.newest)")
        }
    }

    /// Leaves nothing behind; what stood under the name stays.
    func abandon() {
        if let temporary { try? FileManager.default.removeItem(atPath: temporary) }
    }

    private func fault(_ error: any Error) -> Exit {
        Exit(.input, "\(temporary ?? path ?? "") cannot be written: \(error.localizedDescription)")
    }
}
