import Foundation

/// Composes the answer to a request that passed the checks: the values of an `Answer`, not their form.
struct AnswerComposer {
    let dialect: Dialect
    let behavior: MockBehavior

    /// The answer to a request.
    ///
    /// - Parameters:
    ///   - modelName: The model's name without its options; the text depends on it.
    ///   - id: A fresh id.
    func answer(to body: AnswerRequest, modelName: String, id: UInt64) throws(ProviderFailure) -> Answer {
        let continuation = try Continuation(of: body, dialect: dialect, modelName: modelName, behavior: behavior)
        let userText = continuation.userText
        let reasons =
            behavior.sendsReasoning || (dialect == .messages && body.isThinking)
            || body.reasoning?.summary != nil
        let seed = Hash64.hash(userText.utf8)
        let choices = (0..<(body.n ?? 1)).map { choice in
            let text = AnswerText(lastUserText: userText, model: modelName, choice: choice, behavior: behavior)
            return self.choice(
                of: text, continuing: continuation, limit: body.tokenLimit,
                tool: body.forcedTool(always: behavior.callsTool), id: id &+ UInt64(choice))
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
        of text: AnswerText, continuing continuation: Continuation, limit: Int, tool: RequestTool?, id: UInt64
    ) -> AnswerChoice {
        if let tool {
            let arguments = ToolCall.arguments(for: tool.schema, lastUserText: continuation.userText)
            let call = ToolCall(id: Hash64.hexadecimal(Hash64.mix(id)), name: tool.name, arguments: arguments)
            return AnswerChoice(content: .toolCall(call), finish: .toolCalls)
        }
        if behavior.refuses {
            let refusal = AnswerText(seed: Hash64.hash(continuation.userText.utf8), wordCount: 8)
            return AnswerChoice(content: .refusal(AnswerWords(refusal)), finish: .refusal)
        }
        var words = continuation.words(of: text)
        if behavior.isFiltered, words.limit(to: words.count / 2) {
            return AnswerChoice(content: .text(words), finish: .contentFilter)
        }
        let isCut = words.limit(to: limit)
        return AnswerChoice(content: .text(words), finish: isCut ? .length : .stop)
    }
}
