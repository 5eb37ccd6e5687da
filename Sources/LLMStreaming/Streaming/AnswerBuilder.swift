/// One answer of an attempt while its chunks come in.
struct AnswerBuilder: Sendable {
    /// All text in the order of arrival: what the text chunks joined give.
    private(set) var content = ""
    private(set) var items = AnswerItems()
    private(set) var finish: String?
    private(set) var reasoning = ""
    private(set) var refusal = ""
    private(set) var reasoningDetails = ReasoningDetails()
    /// What else than its texts an output item is, by its number.
    private(set) var outputItems: [Int: JSONObject] = [:]
    private var nativeFinish: String?
    private var citationCount = 0
    /// The memory that it takes.
    private(set) var held = HeldBytes()

    var isEmpty: Bool {
        content.isEmpty && reasoning.isEmpty && refusal.isEmpty && items.isEmpty && reasoningDetails.isEmpty
            && outputItems.isEmpty && finish == nil
    }
    /// How many pieces of the kinds came whose number no decoder bounds.
    var partCount: Int { max(reasoningDetails.count, citationCount) }
    var hasCitations: Bool { citationCount > 0 }
    /// Whether pieces came that are blocks of their own: kept, since it is asked for each of many messages.
    private(set) var hasBlocks = false
    /// Whether anything came that takes tokens, whoever runs the tools.
    var hasOutput: Bool { !content.isEmpty || !reasoning.isEmpty || !refusal.isEmpty }
    var shownReasoning: String? { reasoning.isEmpty ? nil : reasoning }

    /// Whether it has nothing but thinking and is said to have come to its own end.
    var stopsInThinking: Bool {
        guard let finish, FinishReason(native: finish) == .stop, content.isEmpty, refusal.isEmpty else { return false }
        return !reasoning.isEmpty
            && items.list.allSatisfy { if case .reasoning = $0.body { true } else { false } }
    }

    /// Takes the next chunk.
    ///
    /// - Returns: how much more memory it takes now, in bytes.
    mutating func add(_ chunk: StreamedChunk) -> Int {
        let before = held.count
        held.add(chunk)
        // It goes on: what was said of its end is not so.
        if finish != nil, chunk.isWritten { (finish, nativeFinish) = (nil, nil) }
        addPiece(chunk)
        return held.count - before
    }

    private mutating func addPiece(_ chunk: StreamedChunk) {
        switch chunk.kind {
        case .text: addText(chunk)
        case .reasoning: addReasoning(chunk)
        case .signature:
            items.change(chunk.item, counting: &held, or: .reasoning(signature: nil)) { body in
                guard case .reasoning = body else { return false }
                body = .reasoning(signature: chunk.text)
                return true
            }
        case .refusal: refusal += chunk.text
        case .toolCall:
            let learnt = (try? JSONParser.parse(chunk.text))?.object ?? JSONObject()
            items.change(chunk.item, counting: &held, or: .toolCall(opening: JSONObject(), arguments: "")) { body in
                guard case .toolCall(let opening, let arguments) = body else { return false }
                body = .toolCall(opening: opening.goingOn(with: learnt), arguments: arguments)
                return true
            }
        case .toolArguments:
            items.change(chunk.item, counting: &held, or: .toolCall(opening: JSONObject(), arguments: "")) { body in
                guard case .toolCall(let opening, var arguments) = body else { return false }
                body = .block(.null)
                arguments += chunk.text
                body = .toolCall(opening: opening, arguments: arguments)
                return true
            }
        case .citation:
            guard let citation = try? JSONParser.parse(chunk.text) else { return }
            citationCount += 1
            items.change(chunk.item, counting: &held, or: .text(citations: [])) { body in
                guard case .text(var citations) = body else { return false }
                body = .block(.null)
                citations.append(citation)
                body = .text(citations: citations)
                return true
            }
        case .block:
            guard let block = try? JSONParser.parse(chunk.text) else { return }
            hasBlocks = true
            items.change(chunk.item, counting: &held, or: .block(block)) { body in
                guard case .block = body else { return false }
                body = .block(block)
                return true
            }
        case .item: outputItems[chunk.item] = (try? JSONParser.parse(chunk.text))?.object
        case .reasoningDetails: reasoningDetails.add(chunk.text, counting: &held)
        case .finish: finish = chunk.text
        case .nativeFinish: nativeFinish = chunk.text
        case .logprobs, .response, .usage, .cursor: break
        }
    }

    private mutating func addText(_ chunk: StreamedChunk) {
        let start = content.utf8.count
        content += chunk.text
        items.extendText(chunk.item, by: start..<content.utf8.count, counting: &held)
    }

    private mutating func addReasoning(_ chunk: StreamedChunk) {
        let start = reasoning.utf8.count
        reasoning += chunk.text
        items.extendReasoning(chunk.item, by: start..<reasoning.utf8.count, counting: &held)
    }

    /// The calls that the caller must answer; tools that the provider runs itself are not among them.
    var toolCalls: [ToolCall] {
        items.list.compactMap { item in
            guard case .toolCall(let opening, let arguments) = item.body else { return nil }
            guard ToolCall.isOwn(opening) else { return nil }
            let isCustom = opening["type"] == "custom"
            var call = ToolCall(
                id: opening["id"]?.string ?? "", name: opening["name"]?.string ?? "",
                arguments: isCustom ? arguments : Self.arguments(opening, arguments))
            call.isCustom = isCustom
            call.otherMembers["extra_content"] = opening["extra_content"]
            return call
        }
    }

    static func arguments(_ opening: JSONObject, _ arguments: String) -> String {
        if !arguments.allSatisfy(\.isWhitespace) { return arguments }
        let input = opening["input"]?.argumentsText ?? ""
        return input.isEmpty ? "{}" : input
    }

    func partial(_ index: Int) -> PartialAnswer.Choice {
        let hasToolCall = items.list.contains { item in
            switch item.body {
            case .toolCall: true
            // That another model answers from here on changes nothing.
            case .block(let block): block["type"] != "fallback"
            case .text, .reasoning: false
            }
        }
        return PartialAnswer.Choice(
            index: index, text: content, reasoning: reasoning, refusal: refusal, toolCalls: toolCalls,
            hasToolCall: hasToolCall, hasOpenReasoning: !reasoning.isEmpty && content.isEmpty,
            // Only Anthropic pauses turns.
            pausedTurn: finish == "pause_turn" ? message(.anthropicMessages) : JSON?.none)
    }

    func choice(_ index: Int, _ dialect: Dialect) -> Completion.Choice {
        Completion.Choice(
            index: index, content: content, reasoning: shownReasoning, refusal: refusal.isEmpty ? nil : refusal,
            toolCalls: toolCalls, finishReason: finish.map(FinishReason.init(native:)) ?? .unknown,
            nativeFinishReason: nativeFinish ?? finish, message: message(dialect))
    }
}

extension ToolCall {
    private static let ownTypes: Set = ["tool_use", "function", "custom", "custom_tool_call"]

    /// Whether a call that begins so is one that the caller must answer: not of a tool that the provider runs itself.
    package static func isOwn(_ opening: JSONObject) -> Bool {
        opening["type"]?.string.map(ownTypes.contains) ?? true
    }
}

/// How much memory an answer takes, roughly, while its chunks come in.
struct HeldBytes: Sendable {
    private(set) var count = 0

    /// What a value read from JSON takes, in bytes of its text: a list of digits about as much, most others less.
    private static let parsedFactor = 8
    /// What an item, or a piece that stands apart from those before it, takes besides its text.
    private static let placeBytes = 128

    /// Counts what a chunk takes; of what only replaces something no more than its text.
    mutating func add(_ chunk: StreamedChunk) {
        let bytes = chunk.text.utf8.count
        switch chunk.kind {
        case .toolCall, .citation, .block, .item: count += Self.parsedFactor * bytes
        case .text, .reasoning, .refusal, .toolArguments, .signature, .reasoningDetails, .finish, .nativeFinish:
            count += bytes
        case .logprobs, .response, .usage, .cursor: break
        }
    }

    /// Counts one more item, or piece apart.
    mutating func addPlace() { count += Self.placeBytes }

    /// Counts a value whose text was counted.
    mutating func addValue(_ value: JSON) { count += Self.placeBytes + (Self.parsedFactor - 1) * value.text.utf8.count }
}
