import Foundation
import SystemCalls

/// An open file descriptor to read from; the only place of the input that touches the file system.
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

    deinit { if descriptor > 0 { close(descriptor) } }

    /// Fills a buffer from its start; returns how many bytes came, 0 at the end.
    func read(into buffer: inout [UInt8]) throws(InputError) -> Int {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe Foundation.read(descriptor, bytes.baseAddress, bytes.count)
            }
            if count >= 0 { return count }
            if errno != EINTR { throw .unreadable(source: source.title, reason: SystemError.words(errno)) }
        }
    }

    /// Whether a read would have to wait for its writer, as far as that is known after some time.
    func mustWait(_ time: Duration = .zero) -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&state, 1, Int32(time / .milliseconds(1))) == 0
    }

    /// What tells a changed file; nil for a pipe, a terminal and others that can be read once only.
    func snapshot() throws(InputError) -> FileSnapshot? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .unreadable(source: source.title, reason: SystemError.words(errno))
        }
        return FileSnapshot(status)
    }
}
