import AnswerChecks
import LLMStreaming
import Synchronization

/// Watches the chunks of one stream, and closes it where no more of them can make its answer right.
final class StreamWatch: Sendable {
    private struct State {
        var watch: AnswerWatch
        /// What closes the stream, while that is open.
        var exchange: (any CompletionAttempt)?
        var stop: AnswerWatch.Stop?
    }

    private let state: Mutex<State>

    init(_ watch: AnswerWatch) { state = Mutex(State(watch: watch)) }

    /// Notes the stream, before its first chunk.
    func open(_ exchange: any CompletionAttempt) { state.withLock { $0.exchange = exchange } }

    /// Takes chunks of the stream.
    func receive(_ chunks: [StreamedChunk]) {
        let closed: (any CompletionAttempt)? = state.withLock { state in
            guard state.stop == nil else { return nil }
            for chunk in chunks {
                guard let stop = state.watch.add(chunk) else { continue }
                state.stop = stop
                return state.exchange.take()
            }
            return nil
        }
        closed?.cancel()
    }

    /// Lets go of the stream, which has ended.
    ///
    /// - Returns: why it was closed; nil where it was not.
    func end() -> AnswerWatch.Stop? {
        state.withLock { state in
            state.exchange = nil
            return state.stop
        }
    }
}
