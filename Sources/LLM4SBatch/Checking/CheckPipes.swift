import Foundation
import Synchronization

/// What a check program is asked, written as fast as it reads.
final class CheckQuestions: Sendable {
    private let file: FileHandle
    private let lines = Mutex<(waiting: [[UInt8]], isClosed: Bool)>(([], false))
    private let news = DispatchSemaphore(value: 0)

    init(_ file: FileHandle) { self.file = file }

    func add(_ line: [UInt8]) {
        lines.withLock { $0.waiting.append(line) }
        news.signal()
    }

    func close() {
        lines.withLock { $0.isClosed = true }
        news.signal()
    }

    /// Writes lines until there will be no more, or nobody reads them; on a thread of its own.
    ///
    /// - Returns: whether all were read.
    func write() -> Bool {
        // Of a reader that is gone the error tells.
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        unsafe sigaddset(&mask, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
        while true {
            news.wait()
            let (line, isOver) = lines.withLock { lines in
                lines.waiting.isEmpty ? (nil, lines.isClosed) : (lines.waiting.removeFirst(), false)
            }
            if let line, (try? file.write(contentsOf: Data(line))) == nil { return false }
            if isOver { break }
        }
        try? file.close()
        return true
    }
}

/// The lines that a check program writes.
struct CheckWords {
    /// A judgement is short: more without an end of line is none.
    private static let longestLine = 1 << 20

    private let file: FileHandle

    init(_ file: FileHandle) { self.file = file }

    /// Hands on line by line until the end, or until one is the last that is wanted.
    func each(_ take: ([UInt8]) -> Bool) {
        var held: [UInt8] = []
        while true {
            let bytes = file.availableData
            if bytes.isEmpty { break }
            // Up to here there is no end of a line.
            var searched = held.count
            held += bytes
            while let end = held[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(held[..<end])
                held.removeFirst(end + 1)
                searched = 0
                if !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }), !take(line) { return }
            }
            if held.count > Self.longestLine, !take(held) { return }
        }
        if !held.isEmpty { _ = take(held) }
    }
}
