/// The steps of an answer in order, one at a time, so that no answer lies in memory as a whole.
///
/// With several choices their chunks take turns, and each choice finishes by itself.
struct AnswerSteps: IteratorProtocol {
    private enum Phase {
        case open
        case reasoning(chunk: Int)
        case content(chunk: Int, choice: Int)
        case close
        case ended
    }

    private let answer: Answer
    private let chunkCounts: [Int]
    private var phase = Phase.open

    init(_ answer: Answer) {
        self.answer = answer
        chunkCounts = answer.choices.map { $0.content.chunkCount(wordsPerChunk: answer.wordsPerChunk) }
    }

    mutating func next() -> AnswerStep? {
        switch phase {
        case .open:
            phase = answer.reasoningChunks > 0 ? .reasoning(chunk: 0) : .content(chunk: 0, choice: 0)
            return .open
        case .reasoning(let chunk):
            phase = chunk + 1 < answer.reasoningChunks ? .reasoning(chunk: chunk + 1) : .content(chunk: 0, choice: 0)
            return answer.reasoning.map { .reasoning($0.chunk(chunk, wordsPerChunk: answer.wordsPerChunk)) }
        case .content(let chunk, let choice):
            return nextContent(chunk: chunk, choice: choice)
        case .close:
            phase = .ended
            return .close
        case .ended:
            return nil
        }
    }

    /// The next chunk or finish at or after a place; the choice after the last one is the first one's next chunk.
    private mutating func nextContent(chunk: Int, choice: Int) -> AnswerStep? {
        var chunk = chunk
        var choice = choice
        while true {
            if choice == chunkCounts.count {
                choice = 0
                chunk += 1
            }
            guard chunk <= chunkCounts.max() ?? 0 else {
                phase = .close
                return next()
            }
            if chunk <= chunkCounts[choice] { break }
            choice += 1
        }
        phase = .content(chunk: chunk, choice: choice + 1)
        guard chunk < chunkCounts[choice] else { return .finish(choice: choice) }
        return answer.choices[choice].content.chunk(chunk, choice: choice, wordsPerChunk: answer.wordsPerChunk)
    }
}
