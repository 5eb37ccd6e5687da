import Foundation
import SystemCalls

/// An open file to read from: the only place of the input that touches the file system.
struct InputFile: ~Copyable {
    private let descriptor: Int32
    let source: InputSource

    init(_ source: InputSource) throws(InputError) {
        self.source = source
        switch source {
        case .standardInput: descriptor = 0
        case .file(let path):
            descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
            if descriptor < 0 { throw .unreadable(source: source.title, reason: SystemError.words(errno)) }
        }
        var status = stat()
        if unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            throw .unreadable(source: source.title, reason: "it is a folder; name the job files in it")
        }
    }

    /// The first bytes of a file; none of what is no regular file, or cannot be read.
    static func opening(of path: String, count: Int) -> [UInt8] {
        var status = stat()
        guard unsafe stat(path, &status) == 0, FileSnapshot(status) != nil else { return [] }
        var buffer = [UInt8](repeating: 0, count: count)
        do throws(InputError) {
            let count = try InputFile(.file(path)).read(into: &buffer)
            return Array(buffer.prefix(count))
        } catch {
            return []
        }
    }

    deinit { if descriptor > 0 { close(descriptor) } }

    /// Fills a buffer from its start.
    ///
    /// - Returns: how many bytes came; 0 at the end.
    func read(into buffer: inout [UInt8]) throws(InputError) -> Int {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe Foundation.read(descriptor, bytes.baseAddress, bytes.count)
            }
            if count >= 0 { return count }
            if errno != EINTR { throw .unreadable(source: source.title, reason: SystemError.words(errno)) }
        }
    }

    /// Whether a read would have to wait for the writer of a pipe.
    ///
    /// - Parameter time: how long to wait for it first.
    func mustWait(_ time: Duration = .zero) -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&state, 1, Int32(time / .milliseconds(1))) == 0
    }

    /// The file as it is now; nil for a pipe, a terminal and others that can be read only once.
    func snapshot() throws(InputError) -> FileSnapshot? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .unreadable(source: source.title, reason: SystemError.words(errno))
        }
        return FileSnapshot(status)
    }
}

/// Where job lines are read from.
package enum InputSource: Sendable, Hashable {
    /// A file or named pipe, as the user named it.
    case file(String)
    case standardInput

    /// The source that an argument of `run` or `validate` names; `-` is standard input.
    package init(argument: String) { self = argument == "-" ? .standardInput : .file(argument) }

    /// The name that is stored: the argument.
    package var name: String {
        switch self {
        case .file(let path): path
        case .standardInput: "-"
        }
    }

    /// The name in messages.
    package var title: String { self == .standardInput ? "standard input" : name }
}

/// What shows that a file is still the one that was checked: size, time of its last change, device and inode.
struct FileSnapshot: Sendable, Equatable {
    private var device: UInt64
    private var inode: UInt64
    private var size: Int64
    private var modifiedSeconds: Int
    private var modifiedNanoseconds: Int

    /// The state of a regular file; nil for anything else.
    init?(_ status: stat) {
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        #if canImport(Darwin)
            let modified = status.st_mtimespec
        #else
            let modified = status.st_mtim
        #endif
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modifiedSeconds = Int(modified.tv_sec)
        modifiedNanoseconds = Int(modified.tv_nsec)
    }
}
