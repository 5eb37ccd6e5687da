import LLMStreaming

/// Watches one choice of an answer.
struct ChoiceWatch: Sendable {
    private let number: Int
    private var value: ValueWatch?
    private var text: TextWatch?
    private var calls: [CallWatch] = []
    private var contentLoops: RepetitionDetector?
    private var thinkingLoops: RepetitionDetector?
    /// A refusal fails as one, not for what it says beside it.
    private var isRefused = false

    init(number: Int) { self.number = number }

    mutating func add(_ chunk: StreamedChunk, _ check: CompiledCheck?, stopsLoops: Bool) -> AnswerWatch.Stop? {
        switch chunk.kind {
        case .text:
            if let check, check.watchesText, !isRefused, let finding = addText(chunk.text, check) {
                return .invalid(finding)
            }
            return stopsLoops ? stop(contentLoops.loop(after: chunk.text), .content) : nil
        case .reasoning: return stopsLoops ? stop(thinkingLoops.loop(after: chunk.text), .thinking) : nil
        case .refusal:
            isRefused = true
            return nil
        case .toolCall, .toolArguments:
            guard stopsLoops || check?.tools != nil else { return nil }
            return addCall(chunk, isRefused ? nil : check?.tools, stopsLoops: stopsLoops)
        default: return nil
        }
    }

    private mutating func addText(_ piece: String, _ check: CompiledCheck) -> AnswerFinding? {
        if let schema = check.schema {
            if value == nil { value = ValueWatch(schema, most: check.check.maximumCharacters, choice: number) }
            return value?.add(piece)
        }
        if text == nil { text = TextWatch(check.regex, most: check.check.maximumCharacters, choice: number) }
        return text?.add(piece)
    }

    private mutating func addCall(
        _ chunk: StreamedChunk, _ tools: AskedTools?, stopsLoops: Bool
    ) -> AnswerWatch.Stop? {
        // The newest is the likeliest.
        let position = calls.lastIndex { $0.item == chunk.item } ?? calls.count
        if position == calls.count { calls.append(CallWatch(item: chunk.item)) }
        let fault = calls[position].add(chunk, tools)
        if let tools, let fault { return .invalid(finding(fault, position, tools)) }
        guard stopsLoops, chunk.kind == .toolArguments, !calls[position].isForeign else { return nil }
        return stop(calls[position].addToLoops(chunk.text), part(position))
    }

    private func finding(_ fault: CallWatch.Fault, _ position: Int, _ tools: AskedTools) -> AnswerFinding {
        switch fault {
        case .unknownTool: .unknownTool(part(position), calls[position].name, tools, choice: number)
        case .arguments(let finding): AnswerFinding(choice: number, part: part(position), finding)
        }
    }

    /// A call's number is that among the calls that the caller must answer.
    private func part(_ position: Int) -> AnswerPart {
        .toolCall(calls[..<position].count { !$0.isForeign }, name: calls[position].name)
    }

    private func stop(_ loop: RepeatedText?, _ part: AnswerPart) -> AnswerWatch.Stop? {
        loop.map { .loop(part: AnswerLoops.words(part, choice: number), $0) }
    }
}

extension RepetitionDetector? {
    /// Takes a piece, with a new detector where there is none.
    ///
    /// - Returns: the text's loop, where it has one.
    mutating func loop(after piece: String) -> RepeatedText? {
        if piece.isEmpty { return nil }
        if case nil = self { self = RepetitionDetector() }
        self?.add(piece)
        return self?.loop
    }
}
