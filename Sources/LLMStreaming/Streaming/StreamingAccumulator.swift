/// Builds an answer from its chunks, live from a stream or later from stored rows: the same code for both.
///
/// ```swift
/// var answer = StreamingAccumulator()
/// for try await chunk in client.stream(conversation) {
///     answer.add(chunk)
///     show(answer.snapshot)
/// }
/// let completion = try answer.completion(isComplete: true)  // a loop that does not throw ends behind a whole answer
/// ```
/// A value: a copy of it stays as it is while the original goes on.
public struct StreamingAccumulator: Sendable {
    /// The most answers of one request; beyond it a number is nonsense.
    package static let maximumChoices = 1024

    private let dialect: Dialect
    private var answers: [AnswerBuilder] = []
    /// The provider's name of the response.
    public private(set) var responseID: String?
    /// The model that answers, as it calls itself.
    public private(set) var model: String?
    /// Whether the response said its name before anything of the answer came.
    package private(set) var isNamedFirst = false
    private var usageReport: JSONObject?
    private var toldTier: String?
    /// The service tier that serves, in the provider's word; nil where it does not say.
    public var serviceTier: String? { toldTier ?? usageReport?[JSONObject.serviceTierName]?.string }
    /// How far a stream was read that its server keeps; nil where what came after the last cursor is not behind it.
    public private(set) var cursor: ReplayCursor?
    /// How many pieces of text and reasoning came: the tokens, roughly, where no usage is reported.
    public private(set) var contentDeltaCount = 0
    /// How many reasoning details or citations an answer has, the most of all answers.
    private(set) var partCount = 0
    /// How many bytes of text of all kinds are held.
    public private(set) var byteCount = 0
    /// The memory that all of it takes, roughly.
    package private(set) var heldByteCount = 0

    /// An accumulator of one attempt.
    ///
    /// - Parameter dialect: the request's; the message of a `Completion.Choice` has its form.
    public init(dialect: Dialect = .openAIChat) { self.dialect = dialect }

    /// Takes the next chunk of the attempt.
    public mutating func add(_ chunk: StreamedChunk) {
        // What a stored row may say; a decoder lets no such number pass.
        guard (0..<Self.maximumChoices).contains(chunk.choice) else { return }
        byteCount += chunk.text.utf8.count
        switch chunk.kind {
        case .response:
            let response = try? JSONParser.parse(chunk.text)
            if let tier = response?[JSONObject.serviceTierName]?.string {
                toldTier = tier
                // That alone is no name.
                if response?.object?.members.count == 1 { return }
            }
            if !hasContent { isNamedFirst = true }
            responseID = response?["id"]?.string ?? responseID
            model = response?["model"]?.string ?? model
        case .usage:
            guard let report = (try? JSONParser.parse(chunk.text))?.object else { return }
            usageReport = (usageReport ?? JSONObject()).updated(by: report)
        case .cursor: cursor = ReplayCursor(text: chunk.text)
        case .citation, .reasoningDetails:
            take(chunk)
            partCount = max(partCount, answers[chunk.choice].partCount)
        default:
            if chunk.kind == .text || chunk.kind == .reasoning { contentDeltaCount += 1 }
            take(chunk)
        }
    }

    private mutating func take(_ chunk: StreamedChunk) {
        // Read again from there, it would come twice.
        cursor = nil
        while answers.count <= chunk.choice { answers.append(AnswerBuilder()) }
        heldByteCount += answers[chunk.choice].add(chunk)
    }

    /// The text of the first answer so far.
    public var content: String { answers.first?.content ?? "" }
    /// The thinking of the first answer so far; nil where none was shown.
    public var thinking: String? { answers.first?.shownReasoning }
    /// The tool calls of the first answer so far; the last one's arguments may be unfinished.
    public var toolCalls: [ToolCall] { answers.first?.toolCalls ?? [] }
    /// The usage reported so far.
    public var usage: TokenUsage? {
        guard var usage = usageReport.map(TokenUsage.init(raw:)) else { return nil }
        // Calls take none where a program of the provider's made them, as in the other interfaces.
        let hasWritten = answers.contains { $0.hasOutput || dialect == .openAIChat && !$0.toolCalls.isEmpty }
        if usage.completionTokens == 0, hasWritten {
            // What was written took tokens: the zero stands for a figure that the server does not know.
            usage.completionTokens = nil
            if usage.totalTokens == usage.promptTokens { usage.totalTokens = nil }
        }
        return usage
    }
    /// Whether anything of an answer came, be it only its finish reason.
    public var hasContent: Bool { answers.contains { !$0.isEmpty } }
    /// Whether an answer has nothing but thinking and is said to have come to its own end.
    var stopsInThinking: Bool { answers.contains(where: \.stopsInThinking) }
    /// The finish reason of the first answer, as sent.
    public var nativeFinishReason: String? { answers.first?.finish }

    /// The answer of that number as far as it came.
    func answer(_ choice: Int) -> AnswerBuilder { choice < answers.count ? answers[choice] : AnswerBuilder() }

    /// What is known of the first answer now.
    public var snapshot: AccumulatorSnapshot {
        AccumulatorSnapshot(
            content: content, thinking: thinking, toolCalls: toolCalls, responseID: responseID, model: model,
            finishReason: nativeFinishReason.map(FinishReason.init(native:)), usage: usage,
            contentDeltaCount: contentDeltaCount)
    }

    /// Whether every answer that began has its finish reason.
    ///
    /// Only the stream itself can tell more: an error may follow, or another answer of several.
    public var isComplete: Bool {
        hasContent && answers.allSatisfy { $0.isEmpty || $0.finish != nil }
    }

    /// The answer as far as it came.
    public var partial: PartialAnswer {
        PartialAnswer(
            choices: answers.enumerated().filter { !$1.isEmpty }.map { index, answer in answer.partial(index) },
            contentDeltaCount: contentDeltaCount)
    }

    /// The whole answer, as far as its chunks tell.
    ///
    /// - Throws: kind `cut` where an answer has no finish reason, also a whole one of a provider that sends none
    ///   (`Provider.omitsFinishReason`): what streamed it knows better, and says so with `completion(isComplete:)`.
    public func completion() throws(LLMError) -> Completion { try completion(isComplete: isComplete) }

    /// The whole answer.
    ///
    /// - Parameter isComplete: whether the stream says that nothing is missing; a choice without a finish
    ///   reason then has `unknown`, and one of which nothing came is left out.
    /// - Throws: kind `cut` where the stream did not finish.
    public func completion(isComplete: Bool) throws(LLMError) -> Completion {
        guard isComplete, hasContent else { throw LLMError(.cut, "the stream ended before the answer did") }
        return Completion(
            id: responseID, model: model,
            choices: answers.enumerated().filter { !$1.isEmpty }.map { $1.choice($0, dialect) }, usage: usage)
    }
}

/// What an accumulator knew of the first answer at a moment.
///
/// ```swift
/// var answer = client.accumulator()
/// for try await chunk in client.stream(conversation) {
///     answer.add(chunk)
///     let now = answer.snapshot
///     print("\(now.usage?.completionTokens ?? now.contentDeltaCount) tokens, \(now.content.count) characters")
/// }
/// ```
public struct AccumulatorSnapshot: Sendable, Equatable {
    /// The text so far.
    public var content: String
    /// The thinking so far; nil where none was shown.
    public var thinking: String?
    /// The tool calls so far; the last one's arguments may be unfinished.
    public var toolCalls: [ToolCall]
    /// The provider's name of the response.
    public var responseID: String?
    /// The model that answers, as it calls itself.
    public var model: String?
    /// Why the answer ended; nil while it goes on.
    public var finishReason: FinishReason?
    /// The tokens, where the provider said.
    public var usage: TokenUsage?
    /// How many pieces of text and thinking came: the tokens, roughly, until the provider says.
    public var contentDeltaCount: Int
}
