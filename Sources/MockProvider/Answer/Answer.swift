import Foundation

/// One answer, in no dialect's form: the model's words and their counts.
struct Answer: Sendable {
    /// The response's id without the dialect's prefix; no two answers share it.
    let id: String
    /// The model's name as the request writes it.
    let model: String
    /// Unix time in seconds.
    let created: Int
    /// The reasoning before the text, if there is any.
    let reasoning: AnswerWords?
    /// The choices; Messages have one.
    let choices: [AnswerChoice]
    let wordsPerChunk: Int
    /// Words in all of the request's messages.
    var promptTokens: Int
    /// Those of the prompt's tokens that a server of limited capacity had in its cache.
    var cachedPromptTokens = 0
    /// Whether the response runs in the background.
    var isBackground = false
    /// Whether usage is reported where the dialect has a place for it.
    let reportsUsage: Bool

    /// Words of reasoning that are sent.
    var reasoningTokens: Int { reasoning?.count ?? 0 }
    /// Words that are sent, reasoning included.
    var completionTokens: Int { choices.reduce(reasoningTokens) { $0 + $1.content.tokens } }
    /// Chunks of reasoning.
    var reasoningChunks: Int { reasoning?.chunkCount(wordsPerChunk: wordsPerChunk) ?? 0 }
    /// Chunks of content, reasoning included.
    var chunkCount: Int {
        choices.reduce(reasoningChunks) { $0 + $1.content.chunkCount(wordsPerChunk: wordsPerChunk) }
    }
}

extension Answer {
    /// What the first chunks of the answer hold: the first choice's text, and the tokens of all choices.
    func progress(chunks: Int) -> (text: String, tokens: Int) {
        var steps = AnswerSteps(self)
        var text = ""
        var tokens = 0
        var sent = 0
        var reasoned = 0
        var chunksOfChoice = [Int](repeating: 0, count: choices.count)
        while sent < chunks, let step = steps.next() {
            guard step.isContent else { continue }
            sent += 1
            switch step {
            case .reasoning:
                tokens += tokensOfChunk(reasoned, of: reasoning?.count ?? 0)
                reasoned += 1
            case .text(let choice, let piece), .refusal(let choice, let piece):
                if choice == 0 { text += piece }
                tokens += tokensOfChunk(chunksOfChoice[choice], of: choices[choice].content.tokens)
                chunksOfChoice[choice] += 1
            default: tokens += 1
            }
        }
        return (text, tokens)
    }

    private func tokensOfChunk(_ index: Int, of total: Int) -> Int {
        min(wordsPerChunk, total - index * wordsPerChunk)
    }
}

/// One choice of an answer.
struct AnswerChoice: Sendable {
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
    /// The words that are sent; of a tool call, its pieces.
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

    /// The step that sends the chunk at this index.
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

/// A call of a tool, with its arguments cut into the pieces that are streamed.
struct ToolCall: Sendable {
    let id: String
    let name: String
    /// The arguments as a value.
    let input: JSON
    /// The arguments' JSON text, cut anywhere between two characters.
    let pieces: [String]

    /// Characters in a piece.
    private static let pieceLength = 7

    /// - Parameter text: The text of the arguments; nil where it is the value's.
    init(id: String, name: String, arguments: JSON, text: String? = nil) {
        self.id = id
        self.name = name
        input = arguments
        pieces = (text ?? arguments.text).pieces(of: Self.pieceLength)
    }

    /// The arguments as one JSON text.
    var arguments: String { pieces.joined() }
    /// The name's chunk and one for each piece.
    var chunkCount: Int { pieces.count + 1 }
}

/// Composes the answer to a request that passed the checks: the values of an `Answer`, not their form.
struct AnswerComposer {
    let dialect: Dialect
    let behavior: MockBehavior
    /// How this attempt's answer is spoilt.
    var wrong: WrongAnswer?

    /// The answer to a request.
    ///
    /// - Parameters:
    ///   - modelName: The model's name without its options; the text depends on it.
    ///   - id: A fresh id.
    func answer(to body: AnswerRequest, modelName: String, id: UInt64) throws(ProviderFailure) -> Answer {
        let source = AnswerSource(body: body, dialect: dialect, modelName: modelName, behavior: behavior, wrong: wrong)
        let continuation = try Continuation(of: source)
        let userText = continuation.userText
        let reasons =
            behavior.sendsReasoning || (dialect == .messages && body.isThinking)
            || body.reasoning?.summary != nil
        let seed = Hash64.hash(userText.utf8)
        let choices = (0..<(body.n ?? 1)).map { choice in
            self.choice(
                choice, from: source, continuing: continuation, limit: body.tokenLimit, id: id &+ UInt64(choice))
        }
        return Answer(
            id: Hash64.hexadecimal(id), model: body.model, created: Int(Date().timeIntervalSince1970),
            reasoning: reasons && continuation.rest == nil ? AnswerWords(AnswerText(seed: ~seed, wordCount: 12)) : nil,
            choices: choices, wordsPerChunk: behavior.bulk == nil ? max(1, behavior.wordsPerChunk) : 1,
            promptTokens: body.promptTokens,
            isBackground: dialect == .responses && body.background == true,
            reportsUsage: !behavior.omitsUsage)
    }

    private func choice(
        _ index: Int, from source: AnswerSource, continuing continuation: Continuation, limit: Int, id: UInt64
    ) -> AnswerChoice {
        let way = source.way(answering: continuation.userText, choice: index)
        if let tool = source.body.forcedTool(always: source.callsTool(way)), way != .refuse {
            let arguments = source.arguments(of: tool, answering: continuation.userText, choice: index)
            let call = ToolCall(
                id: Hash64.hexadecimal(Hash64.mix(id)), name: tool.name, arguments: arguments.value,
                text: arguments.text)
            return AnswerChoice(content: .toolCall(call), finish: .toolCalls)
        }
        if behavior.refuses || way == .refuse {
            let refusal = AnswerText(seed: Hash64.hash(continuation.userText.utf8), wordCount: 8)
            return AnswerChoice(content: .refusal(AnswerWords(refusal)), finish: .refusal)
        }
        let text = source.text(answering: continuation.userText, choice: index)
        var words = continuation.words(of: text)
        if behavior.isFiltered, words.limit(to: words.count / 2) {
            return AnswerChoice(content: .text(words), finish: .contentFilter)
        }
        let isCut = words.limit(to: limit)
        return AnswerChoice(content: .text(words), finish: isCut ? .length : .stop)
    }
}
