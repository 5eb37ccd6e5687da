/// One choice of an answer.
struct AnswerChoice: Sendable {
    /// What a choice consists of.
    enum Content: Sendable {
        case text(AnswerWords)
        case refusal(AnswerWords)
        case toolCall(ToolCall)
    }

    /// Why a choice ends, in no dialect's words.
    enum Finish: Sendable {
        case stop, length, toolCalls, refusal, contentFilter
    }

    let content: Content
    let finish: Finish
}

extension AnswerChoice.Content {
    /// The words that are sent; of a tool call its pieces.
    var tokens: Int {
        switch self {
        case .text(let words), .refusal(let words): words.count
        case .toolCall(let call): call.chunkCount
        }
    }

    func chunkCount(wordsPerChunk: Int) -> Int {
        switch self {
        case .text(let words), .refusal(let words): words.chunkCount(wordsPerChunk: wordsPerChunk)
        case .toolCall(let call): call.chunkCount
        }
    }

    /// The step that sends the chunk of this index.
    func chunk(_ index: Int, choice: Int, wordsPerChunk: Int) -> AnswerStep {
        switch self {
        case .text(let words):
            .text(choice: choice, words.chunk(index, wordsPerChunk: wordsPerChunk))
        case .refusal(let words):
            .refusal(choice: choice, words.chunk(index, wordsPerChunk: wordsPerChunk))
        case .toolCall(let call):
            index == 0 ? .toolCall(choice: choice, call) : .toolArguments(choice: choice, call.pieces[index - 1])
        }
    }
}

extension AnswerWords {
    func chunkCount(wordsPerChunk: Int) -> Int { (count + wordsPerChunk - 1) / wordsPerChunk }

    func chunk(_ index: Int, wordsPerChunk: Int) -> String {
        text(of: (index * wordsPerChunk)..<((index + 1) * wordsPerChunk))
    }

    /// All that is sent.
    var whole: String { text(of: 0..<count) }
}
