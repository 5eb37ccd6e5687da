package import LLMStreaming

/// Watches one answer as it streams: whether a right one can still come of it, and whether it loops.
///
/// It never says that an answer cannot be right which a right one may still come of. What belongs to no part of an
/// answer that occurs takes no memory.
///
/// ```swift
/// var watch = AnswerWatch(compiled, stopsEarly: true, stopsLoops: false)
/// if let stop = watch.add(chunk) { close(because: stop) }
/// ```
package struct AnswerWatch: Sendable {
    /// Why the stream is to be closed.
    package enum Stop: Sendable, Equatable {
        /// No right answer begins with what came.
        case invalid(AnswerFinding)
        /// A part of the answer is one piece over and over; the part is named as in `AnswerLoops`.
        case loop(part: String, RepeatedText)
    }

    private let check: CompiledCheck?
    private let stopsLoops: Bool
    private var isOver: Bool
    private var choices: [ChoiceWatch] = []

    /// A watch before the first chunk.
    ///
    /// - Parameters:
    ///   - check: what a right answer is; nil where nothing is checked.
    ///   - stopsEarly: whether a byte that can belong to no right answer ends the stream.
    ///   - stopsLoops: whether a loop does.
    package init(_ check: CompiledCheck?, stopsEarly: Bool, stopsLoops: Bool) {
        self.check = check.flatMap { stopsEarly && $0.isStreamed ? $0 : nil }
        self.stopsLoops = stopsLoops
        isOver = self.check == nil && !stopsLoops
    }

    /// Takes a chunk.
    ///
    /// - Returns: once, why the stream is to be closed; from then on nothing is looked at.
    package mutating func add(_ chunk: StreamedChunk) -> Stop? {
        guard !isOver, chunk.isWritten, (0..<StreamingAccumulator.maximumChoices).contains(chunk.choice) else {
            return nil
        }
        while choices.count <= chunk.choice { choices.append(ChoiceWatch(number: choices.count)) }
        let stop = choices[chunk.choice].add(chunk, check, stopsLoops: stopsLoops)
        if stop != nil {
            isOver = true
            choices = []
        }
        return stop
    }
}
