import Foundation

/// Decides what is answered to a request that passed the checks: the values of an `Answer`, not their form.
struct AnswerComposer {
    let dialect: Dialect
    let behavior: MockBehavior
    /// Whether a trailing assistant message of a chat is continued without a flag.
    let continuesTrailingAssistant: Bool

    /// The answer to a request.
    ///
    /// - Parameters:
    ///   - modelName: The model's name without its options, from which the text comes.
    ///   - id: A fresh id.
    func answer(to body: AnswerRequest, modelName: String, id: UInt64) throws(ProviderFailure) -> Answer {
        let prefix = try prefixToContinue(of: body)
        let reasons = behavior.sendsReasoning || (dialect == .messages && body.isThinking)
        let seed = Hash64.hash(body.lastUserText.utf8)
        let choices = (0..<(body.n ?? 1)).map { choice in
            let text = AnswerText(
                lastUserText: body.lastUserText, model: modelName, choice: choice, behavior: behavior)
            return self.choice(
                of: text, after: prefix, limit: body.tokenLimit, tool: body.forcedTool(always: behavior.callsTool),
                lastUserText: body.lastUserText, id: id &+ UInt64(choice))
        }
        return Answer(
            id: Hash64.hexadecimal(id), model: body.model, created: Int(Date().timeIntervalSince1970),
            reasoning: reasons && prefix == nil ? AnswerWords(AnswerText(seed: ~seed, wordCount: 12)) : nil,
            choices: choices, wordsPerChunk: max(1, behavior.wordsPerChunk), promptTokens: body.promptTokens,
            reportsUsage: !behavior.omitsUsage)
    }

    private func choice(
        of text: AnswerText, after prefix: String?, limit: Int, tool: RequestTool?, lastUserText: String, id: UInt64
    ) -> AnswerChoice {
        if let tool {
            let arguments = ToolCall.arguments(for: tool.schema, lastUserText: lastUserText)
            let call = ToolCall(id: Hash64.hexadecimal(Hash64.mix(id)), name: tool.name, arguments: arguments)
            return AnswerChoice(content: .toolCall(call), finish: .toolCalls)
        }
        if behavior.refuses {
            let refusal = AnswerText(seed: Hash64.hash(lastUserText.utf8), wordCount: 8)
            return AnswerChoice(content: .refusal(AnswerWords(refusal)), finish: .refusal)
        }
        var words = AnswerWords(text)
        if let prefix, let rest = AnswerWords(text, after: prefix) {
            words = behavior.prefill == .echo ? rest.echoing(prefix) : rest
        }
        let isCut = words.limit(to: limit)
        return AnswerChoice(content: .text(words), finish: isCut ? .length : .stop)
    }

    /// The text from which the answer goes on; nil when it begins anew.
    ///
    /// WIRE sections 6 and 8.
    private func prefixToContinue(of body: AnswerRequest) throws(ProviderFailure) -> String? {
        guard let last = body.trailingAssistant else { return nil }
        switch behavior.prefill ?? defaultPrefill(of: body, last: last) {
        case .restart: return nil
        case .continue, .echo: break
        case .refuse:
            throw ProviderFailure(
                status: 400,
                message: "This model does not support assistant message prefill. "
                    + "The conversation must end with a user message.")
        }
        if dialect == .chat, body.messages.dropLast().last?.role == "assistant" {
            throw ProviderFailure(
                status: 400, message: "Cannot have 2 or more assistant messages at the end of the list.")
        }
        return last.text
    }

    private func defaultPrefill(of body: AnswerRequest, last: RequestMessage) -> Prefill {
        let isAsked = body.continue_final_message == true || last.prefix == true
        return dialect == .messages || isAsked || continuesTrailingAssistant ? .continue : .restart
    }
}
