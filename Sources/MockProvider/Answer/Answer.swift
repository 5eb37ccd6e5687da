/// One answer, apart from any dialect: what the model says, and what is counted of it.
struct Answer: Sendable {
    /// The response's id without the dialect's prefix; no two answers share it.
    let id: String
    /// The model's name as the request has it.
    let model: String
    /// Unix time in seconds.
    let created: Int
    /// What is thought before the text, if anything.
    let reasoning: AnswerWords?
    /// The choices; Messages have one.
    let choices: [AnswerChoice]
    /// Words a chunk.
    let wordsPerChunk: Int
    /// Words in all of the request's messages.
    let promptTokens: Int
    /// Whether a response runs in the background.
    var isBackground = false
    /// Whether usage is told where the dialect has a place for it.
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
