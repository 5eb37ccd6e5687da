import LLMStreaming
import Synchronization

/// Keeps what it receives, and can be full.
final class ChunkCollector: ChunkReceiver {
    private struct State {
        var chunks: [StreamedChunk] = []
        var times: [Int64] = []
        var isFull: Bool
        var resume: (@Sendable () -> Void)?
        /// Room for one call more that was made before it was asked for.
        var hasRoomOnce = false
    }

    private let state: Mutex<State>
    /// Calls of `receive`.
    let calls = Tally()

    init(isFull: Bool = false) { state = Mutex(State(isFull: isFull)) }

    var chunks: [StreamedChunk] { state.withLock { $0.chunks } }
    var text: String { chunks.filter { $0.kind == .text }.map(\.text).joined() }
    var times: [Int64] { state.withLock { $0.times } }

    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool {
        let hasRoom = state.withLock { state in
            state.chunks += chunks
            state.times.append(microseconds)
            return !state.isFull
        }
        calls.add()
        return hasRoom
    }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) {
        let hasRoom = state.withLock { state in
            let hasRoom = !state.isFull || state.hasRoomOnce
            state.hasRoomOnce = false
            if !hasRoom { state.resume = resume }
            return hasRoom
        }
        if hasRoom { resume() }
    }

    /// Has room from now on.
    func makeRoom() {
        let resume = state.withLock { state in
            state.isFull = false
            return state.resume.take()
        }
        resume?()
    }

    /// Has room for one call more.
    func makeRoomOnce() {
        let resume = state.withLock { state in
            state.hasRoomOnce = state.resume == nil
            return state.resume.take()
        }
        resume?()
    }
}
