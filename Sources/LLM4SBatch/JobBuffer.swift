import Synchronization

/// The bounded queue between the task that makes jobs and the one that stores them.
///
/// A maker that is faster than the store waits; a slow one has each job stored as it comes.
final class JobBuffer: Sendable {
    private struct State {
        var lines: [[UInt8]] = []
        var bytes = 0
        /// Nothing more will be put.
        var isFinished = false
        /// Nothing more will be taken.
        var isClosed = false
        var putter: CheckedContinuation<Bool, Never>?
        var taker: CheckedContinuation<[[UInt8]]?, Never>?

        var isFull: Bool { lines.count >= JobBuffer.maximumLines || bytes >= JobBuffer.maximumBytes }

        mutating func takeAll() -> [[UInt8]] {
            defer { (lines, bytes) = ([], 0) }
            return lines
        }
    }

    /// With this many jobs in it, who makes them waits; as many are stored in one transaction.
    static let maximumLines = 1_000
    /// The same in bytes; one job may go beyond it.
    static let maximumBytes = 3 << 20

    private let state = Mutex(State())

    /// Adds a line, and waits while there is no room for another; false where nobody takes any more.
    func put(_ line: [UInt8]) async -> Bool {
        let (taker, lines, isFull) = state.withLock {
            state -> (CheckedContinuation<[[UInt8]]?, Never>?, [[UInt8]], Bool) in
            guard !state.isClosed else { return (nil, [], true) }
            state.lines.append(line)
            state.bytes += line.count
            guard let taker = state.taker.take() else { return (nil, [], state.isFull) }
            return (taker, state.takeAll(), false)
        }
        taker?.resume(returning: lines)
        guard isFull else { return true }
        return await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Bool? in
                if state.isClosed { return false }
                if !state.isFull { return true }
                state.putter = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Nothing more will be put; what is there is still taken.
    func finish() {
        let taker = state.withLock { state in
            state.isFinished = true
            return state.taker.take()
        }
        taker?.resume(returning: nil)
    }

    /// Nothing more will be taken.
    func close() {
        let putter = state.withLock { state in
            state.isClosed = true
            return state.putter.take()
        }
        putter?.resume(returning: false)
    }

    /// All lines that are there, at least one; nil at the end.
    func take() async -> [[UInt8]]? {
        await withCheckedContinuation { continuation in
            let (answer, putter) = state.withLock {
                state -> ([[UInt8]]??, CheckedContinuation<Bool, Never>?) in
                if !state.lines.isEmpty { return (.some(state.takeAll()), state.putter.take()) }
                if state.isFinished { return (.some(nil), nil) }
                state.taker = continuation
                return (nil, nil)
            }
            putter?.resume(returning: true)
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
