import Dispatch
import Foundation
import Synchronization
import SystemCalls

/// Standard output to a program that reads it line by line: no more is written than there is room for, and a reader that
/// is gone is noticed, also while nothing is written.
///
/// A thread of its own waits in `poll`, so that a slow reader holds up no other. The descriptor stays as it is: others
/// that share it may count on its blocking.
final class ResultPipe: Sendable {
    /// Why nothing more is written.
    enum End: Sendable, Equatable {
        /// Nobody reads any more.
        case unread
        /// The system refuses to write: why.
        case failed(String)
        /// The time for it is over.
        case givenUp
        case closed
    }

    private struct State {
        /// Whole lines that are being written, and how much of them is.
        var bytes: [UInt8] = []
        var position = 0
        var writer: CheckedContinuation<Bool, Never>?
        var deadline: ContinuousClock.Instant?
        var end: End?

        /// Whether what was written ends with a line.
        var isBetweenLines: Bool { position == 0 || bytes[position - 1] == 0x0A }
    }

    /// What the thread waits for, and how long; -1 for ever.
    private struct Wait {
        var isWriting: Bool
        var milliseconds: Int32
    }

    /// A pipe that says it can be written has room for so much (POSIX's PIPE_BUF on Linux): a write of it neither waits
    /// nor is torn.
    private static let pieceBytes = 4096
    /// A line that was begun may take so much longer than the time for all of them.
    private static let lineTime: Duration = .seconds(1)

    private let descriptor: Int32
    private let wakeup: (reading: Int32, writing: Int32)
    private let state = Mutex(State())

    /// A pipe over a descriptor, which stays open; nothing is written before `watch`.
    init(descriptor: Int32 = STDOUT_FILENO) throws {
        self.descriptor = descriptor
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else {
            throw Exit(.input, "standard output cannot be watched: \(SystemError.newest)")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        wakeup = (ends[0], ends[1])
    }

    /// Why nothing more is written; nil while it can be.
    var end: End? { state.withLock { $0.end } }

    /// Begins to write, and to look whether there is a reader.
    ///
    /// To be called once.
    /// - Parameter didEnd: called once, from another thread, where nothing more can be written.
    func watch(_ didEnd: @escaping @Sendable (End) -> Void) {
        DispatchQueue(label: "llm4s-batch.results").async {
            self.serve()
            if let end = self.end { didEnd(end) }
        }
    }

    /// Writes whole lines; returns when they are written, or false where not all of them are.
    ///
    /// One call at a time.
    func write(_ lines: [UInt8]) async -> Bool {
        if lines.isEmpty { return true }
        return await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                guard state.end == nil else { return false }
                precondition(state.writer == nil, "lines are written while others are")
                (state.bytes, state.position, state.writer) = (lines, 0, continuation)
                wake()
                return true
            }
            if !isOpen { continuation.resume(returning: false) }
        }
    }

    /// Gives up what is not read within this time, from now; between two lines where that is possible.
    func giveUp(after time: Duration) {
        state.withLock { state in
            guard state.end == nil else { return }
            state.deadline = min(state.deadline ?? .now + time, .now + time)
            wake()
        }
    }

    /// Watches no more.
    func close() {
        state.withLock { state in
            guard state.end == nil else { return }
            state.end = .closed
            wake()
        }
    }

    /// Ends the wait of the thread; called while the end has not come.
    private func wake() {
        var byte: UInt8 = 0
        _ = unsafe Foundation.write(wakeup.writing, &byte, 1)
    }

    // MARK: The thread

    private func serve() {
        while let wait = nextWait() {
            var polled = [
                pollfd(fd: descriptor, events: wait.isWriting ? Int16(POLLOUT) : 0, revents: 0),
                pollfd(fd: wakeup.reading, events: Int16(POLLIN), revents: 0),
            ]
            guard unsafe poll(&polled, 2, wait.milliseconds) > 0 else { continue }
            if polled[1].revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 64)
                _ = unsafe read(wakeup.reading, &bytes, bytes.count)
            }
            let found = Int32(polled[0].revents)
            if found & Int32(POLLERR | POLLHUP | POLLNVAL) != 0 {
                end(.unread)
            } else if found & Int32(POLLOUT) != 0 {
                writePiece()
            }
        }
        _ = Foundation.close(wakeup.reading)
        _ = Foundation.close(wakeup.writing)
    }

    /// What the thread waits for next; nil at the end.
    private func nextWait() -> Wait? {
        let (wait, writer) = state.withLock { state -> (Wait?, CheckedContinuation<Bool, Never>?) in
            if state.end != nil { return (nil, state.writer.take()) }
            guard state.writer != nil, let deadline = state.deadline else {
                return (Wait(isWriting: state.writer != nil, milliseconds: -1), nil)
            }
            let left = deadline + (state.isBetweenLines ? .zero : Self.lineTime) - .now
            guard left > .zero else {
                state.end = .givenUp
                return (nil, state.writer.take())
            }
            let milliseconds = Int32(min(left, .seconds(60)) / .milliseconds(1)) + 1
            return (Wait(isWriting: true, milliseconds: milliseconds), nil)
        }
        writer?.resume(returning: false)
        return wait
    }

    private func writePiece() {
        let piece = state.withLock { state in Array(state.bytes[state.position..<Self.pieceEnd(state)]) }
        let count = unsafe piece.withUnsafeBytes { unsafe Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 {
            switch errno {
            case EINTR, EAGAIN: return
            case EPIPE: return end(.unread)
            default: return end(.failed(SystemError.newest))
            }
        }
        let writer = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            state.position += count
            guard state.position == state.bytes.count else { return nil }
            state.bytes = []
            state.position = 0
            return state.writer.take()
        }
        writer?.resume(returning: true)
    }

    /// The end of the next piece: of the last line that it holds whole, else of what one write takes.
    private static func pieceEnd(_ state: State) -> Int {
        let end = min(state.position + pieceBytes, state.bytes.count)
        return state.bytes[state.position..<end].lastIndex(of: 0x0A).map { $0 + 1 } ?? end
    }

    /// Ends the thread's work, unless it is ended.
    private func end(_ end: End) {
        state.withLock { state in if state.end == nil { state.end = end } }
    }
}
