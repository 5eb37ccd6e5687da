import BatchEngine
import LLMStreaming
import Synchronization

/// A simulated server that works on so many requests at once and lets the others wait in their order.
final class SlotServer: Sendable {
    private struct State {
        /// When each slot is free, since the clock's start.
        var slots: [Duration]
        var tokens: [(time: Duration, count: Int)] = []
    }

    private let state: Mutex<State>
    /// From the beginning of the work to the first piece, and from each to the next.
    let pace: (first: Duration, next: Duration)

    init(slots: Int, pace: (first: Duration, next: Duration)) {
        state = Mutex(State(slots: Array(repeating: .zero, count: slots)))
        self.pace = pace
    }

    /// Has more slots or fewer from a time on; those that are in use end their work.
    func set(slots count: Int, at now: Duration) {
        state.withLock { state in
            state.slots.sort()
            while state.slots.count < count { state.slots.append(now) }
            // What is fewer are those that would be free first.
            state.slots.removeFirst(state.slots.count - count)
        }
    }

    /// The answer to a request: so many pieces.
    func answer(to call: SimulatedCall, pieces count: Int) -> SimulatedAnswer {
        state.withLock { state in
            let index = state.slots.indices.min { state.slots[$0] < state.slots[$1] } ?? 0
            let start = max(call.time, state.slots[index])
            let first = start + pace.first
            let end = first + pace.next * (count - 1)
            state.slots[index] = end
            state.tokens.append((end, count))
            return SimulatedAnswer(
                time: .zero, pace: (first - call.time, pace.next), pieces: Array(repeating: "word ", count: count))
        }
    }

    /// The pieces of the answers that ended in a time.
    func pieces(in range: Range<Duration>) -> Int {
        state.withLock { $0.tokens.reduce(0) { range.contains($1.time) ? $0 + $1.count : $0 } }
    }
}
