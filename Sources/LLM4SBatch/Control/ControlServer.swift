import Dispatch
import LLMStreaming
import Synchronization
import SystemCalls

/// Takes commands at the socket of a worker: one thread, which waits for what comes.
///
/// Whoever has the database's lock may replace what is left there by a dead worker. Nothing of it touches the run: the
/// connections are few, short and bounded, and a command is a task of its own.
final class ControlServer: Sendable {
    /// Does what a line says, and gives the line to answer.
    typealias Handler = @Sendable (_ line: [UInt8]) async -> [UInt8]

    private struct State {
        /// Answers that wait for the thread, by the numbers of their connections.
        var answers: [(connection: Int, line: [UInt8])] = []
        /// When commands that are being done are waited for no longer; nil while it goes on.
        var end: ContinuousClock.Instant?
        var isOver = false
        var stopper: CheckedContinuation<Void, Never>?
    }

    /// Where it listens.
    let address: ControlAddress
    private let limits: ControlConnection.Limits
    private let handle: Handler
    private let listener: Int32
    private let wakeup: (reading: Int32, writing: Int32)
    private let identity: [UInt64]
    private let state = Mutex(State())

    /// Listens at the first of these addresses where that can be done.
    ///
    /// - Throws: why it can be done at none.
    init(
        _ addresses: [ControlAddress], limits: ControlConnection.Limits = .init(), handle: @escaping Handler
    ) throws(ControlFault) {
        var descriptors: [Int32] = [-1, -1]
        guard unsafe pipe(&descriptors) == 0 else { throw ControlFault(.ended, SystemError.newest) }
        for descriptor in descriptors {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        }
        guard let (address, listener) = Self.listen(at: addresses) else {
            let reason = SystemError.newest
            for descriptor in descriptors { _ = close(descriptor) }
            throw ControlFault(.ended, reason)
        }
        self.address = address
        self.listener = listener
        self.limits = limits
        self.handle = handle
        wakeup = (descriptors[0], descriptors[1])
        identity = Self.identity(of: address.path)
        DispatchQueue(label: "llm4s-batch.control").async { self.serve() }
    }

    private static func listen(at addresses: [ControlAddress]) -> (ControlAddress, Int32)? {
        for address in addresses {
            address.makeFolder()
            guard address.isOurs else { continue }
            address.removeLeftover()
            if let listener = UnixSocket.listen(at: address.path) { return (address, listener) }
        }
        return nil
    }

    private static func identity(of path: String) -> [UInt64] {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return [] }
        return [UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino)]
    }

    /// Takes no more commands; returns once those that are being done are answered, or after some seconds, and the socket is
    /// gone.
    func stop() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                state.end = .now + limits.patience
                state.stopper = continuation
                return state.isOver
            }
            if isOver { over() }
            wake()
        }
    }

    private func wake() {
        var byte: UInt8 = 0
        _ = unsafe write(wakeup.writing, &byte, 1)
    }

    /// Hands an answer to the thread.
    private func answer(_ connection: Int, _ line: [UInt8]) {
        let isOver = state.withLock { state in
            if !state.isOver { state.answers.append((connection, line)) }
            return state.isOver
        }
        if !isOver { wake() }
    }

    // MARK: The thread

    private func serve() {
        var desk = ControlDesk(listener: listener, wakeup: wakeup.reading, limits)
        while true {
            let (answers, end) = state.withLock { state in
                defer { state.answers = [] }
                return (state.answers, state.end)
            }
            for answer in answers { desk.answer(answer.connection, answer.line) }
            if let end {
                desk.closeListener()
                if desk.isIdle || end <= .now { break }
            }
            for (connection, line) in desk.wait(until: end) {
                Task { answer(connection, await handle(line)) }
            }
        }
        desk.close()
        if Self.identity(of: address.path) == identity { _ = unsafe unlink(address.path) }
        over()
    }

    /// Tells whoever stopped it, once.
    private func over() {
        let stopper = state.withLock { state in
            state.isOver = true
            return state.stopper.take()
        }
        stopper?.resume()
    }

    deinit {
        _ = close(wakeup.reading)
        _ = close(wakeup.writing)
    }
}
