/// The steps of an answer in order, one at a time, so that no answer is in memory as a whole.
///
/// The chunks of several choices take turns, and each choice finishes by itself.
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

    /// The next chunk or finish at or after a place; after the last choice comes the next chunk of the first.
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

/// One step of an answer, in no dialect's form; a renderer writes it as one event or several.
enum AnswerStep: Sendable {
    /// The opening: the role of each choice, or `message_start`.
    case open
    case reasoning(String)
    case text(choice: Int, String)
    case refusal(choice: Int, String)
    /// A tool call's id and name.
    case toolCall(choice: Int, ToolCall)
    case toolArguments(choice: Int, String)
    /// The finish reason of a choice.
    case finish(choice: Int)
    /// Usage and the protocol's end.
    case close

    /// Whether the step is a content chunk, for which pace and faults are counted.
    var isContent: Bool {
        switch self {
        case .reasoning, .text, .refusal, .toolCall, .toolArguments: true
        case .open, .finish, .close: false
        }
    }

    var isOpening: Bool {
        if case .open = self { true } else { false }
    }
}
