import LLMStreaming

/// A whole answer whose judgement is missing, as an attempt's partial answer keeps it: the next run judges it, and pays
/// nothing.
extension CompletionRecord {
    var json: JSON {
        var object = JSONObject()
        object["index"] = .int(choice.index)
        object["content"] = .string(choice.content)
        object["reasoning"] = choice.reasoning.map(JSON.string)
        object["refusal"] = choice.refusal.map(JSON.string)
        if !choice.toolCalls.isEmpty { object["tool_calls"] = .array(choice.toolCalls.map(\.json)) }
        object["finish_reason"] = .string(choice.finishReason.rawValue)
        object["native_finish_reason"] = choice.nativeFinishReason.map(JSON.string)
        object["message"] = choice.message
        object["response_id"] = responseID.map(JSON.string)
        object["model"] = model.map(JSON.string)
        object["prompt_tokens"] = promptTokens.map(JSON.int)
        object["completion_tokens"] = completionTokens.map(JSON.int)
        object["total_tokens"] = totalTokens.map(JSON.int)
        object["cached_tokens"] = cachedTokens.map(JSON.int)
        object["cache_creation_tokens"] = cacheCreationTokens.map(JSON.int)
        object["reasoning_tokens"] = reasoningTokens.map(JSON.int)
        object["usage_source"] = .string(usageSource.rawValue)
        object["usage"] = usage.map(JSON.object)
        object["check"] = check.map { .string($0.rawValue) }
        object["check_report"] = checkReport.map(JSON.object)
        return .object(object)
    }

    /// What such a text tells; nil for anything else.
    ///
    /// - Parameter seams: of the partial answer that keeps it, which a merge of databases gives other numbers.
    init?(json: JSON, seams: [Seam]) {
        func count(_ name: String) -> Int? { NumberGate.count(json[name]?.int) }
        guard let content = json["content"]?.string,
            let reason = json["finish_reason"]?.string.flatMap(FinishReason.init(rawValue:)),
            let source = json["usage_source"]?.string.flatMap(UsageSource.init(rawValue:))
        else { return nil }
        let choice = Completion.Choice(
            index: count("index") ?? 0, content: content, reasoning: json["reasoning"]?.string,
            refusal: json["refusal"]?.string, toolCalls: (json["tool_calls"]?.array ?? []).map(PartialAnswer.toolCall),
            finishReason: reason, nativeFinishReason: json["native_finish_reason"]?.string,
            message: json["message"] ?? .null)
        self.init(
            choice: choice, responseID: json["response_id"]?.string, model: json["model"]?.string, usage: nil,
            usageSource: source, seams: seams.filter { $0.choice == choice.index })
        promptTokens = count("prompt_tokens")
        completionTokens = count("completion_tokens")
        totalTokens = count("total_tokens")
        cachedTokens = count("cached_tokens")
        cacheCreationTokens = count("cache_creation_tokens")
        reasoningTokens = count("reasoning_tokens")
        usage = json["usage"]?.object
        check = json["check"]?.string.flatMap(Check.init(rawValue:))
        checkReport = json["check_report"]?.object
    }
}

extension Completion {
    /// The answer of these rows, as far as they say it.
    init(_ records: [CompletionRecord]) {
        self.init(
            id: records.first?.responseID, model: records.first?.model, choices: records.map(\.choice),
            usage: records.first?.usage.map { TokenUsage(raw: $0) })
    }
}
