package import LLMStreaming
import Synchronization

/// Watches the chunks of one stream, and closes it where no more of them can make its answer right.
package final class StreamWatch: Sendable {
    private struct State {
        var watch: AnswerWatch
        /// What closes the stream, while that is open.
        var close: (@Sendable () -> Void)?
        var stop: AnswerWatch.Stop?
    }

    private let state: Mutex<State>

    package init(_ watch: AnswerWatch) { state = Mutex(State(watch: watch)) }

    /// Notes the stream, before its first chunk.
    ///
    /// - Parameter close: called at most once, from the thread that brings the chunks.
    package func open(closing close: @escaping @Sendable () -> Void) { state.withLock { $0.close = close } }

    /// Takes chunks of the stream.
    package func receive(_ chunks: [StreamedChunk]) {
        let close: (@Sendable () -> Void)? = state.withLock { state in
            guard state.stop == nil else { return nil }
            for chunk in chunks {
                guard let stop = state.watch.add(chunk) else { continue }
                state.stop = stop
                return state.close.take()
            }
            return nil
        }
        close?()
    }

    /// Lets go of the stream, which has ended.
    ///
    /// - Returns: why it was closed; nil where it was not.
    package func end() -> AnswerWatch.Stop? {
        state.withLock { state in
            state.close = nil
            return state.stop
        }
    }
}
