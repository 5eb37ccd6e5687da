import Foundation

/// Standard output, or a file that takes its name when it is whole.
struct ResultSink {
    private let path: String?
    private let temporary: String
    private let handle: FileHandle?

    /// A file beside the path, or standard output where there is none.
    init(path: String?) throws {
        self.path = path
        temporary = "\(path ?? "").\(ProcessInfo.processInfo.processIdentifier).tmp"
        guard path != nil else {
            handle = nil
            return
        }
        guard FileManager.default.createFile(atPath: temporary, contents: nil),
            let handle = FileHandle(forWritingAtPath: temporary)
        else { throw Exit(.input, "\(temporary) cannot be written") }
        self.handle = handle
    }

    /// Whether a person reads what is written.
    var isTerminal: Bool { path == nil && Console.isOutputTerminal }

    func write(_ text: String) throws {
        guard let handle else { return Console.output(bytes: Array(text.utf8)) }
        do { try handle.write(contentsOf: Data(text.utf8)) } catch {
            throw Exit(.input, "\(temporary) cannot be written: \(error.localizedDescription)")
        }
    }

    /// Gives the file its name, once it is on disk.
    func finish() throws {
        guard let handle, let path else { return }
        do {
            try handle.synchronize()
            try handle.close()
        } catch {
            throw Exit(.input, "\(temporary) cannot be written: \(error.localizedDescription)")
        }
        guard unsafe rename(temporary, path) == 0 else {
            throw Exit(.input, "\(path) cannot be replaced: \(unsafe String(cString: strerror(errno)))")
        }
    }

    /// Leaves nothing behind; what stood under the name stays.
    func abandon() {
        if handle != nil { try? FileManager.default.removeItem(atPath: temporary) }
    }
}
