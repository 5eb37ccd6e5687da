import LLMStreaming

/// A whole answer put together from the text its last attempt went on from and what that brought (Contract, "Going on
/// from partial output").
struct JoinedCompletion {
    /// The answer; its content and message are joined.
    let completion: Completion
    /// How the content of each choice is put together.
    let seams: [Seam]
    /// How many scalars at the beginning of what the attempt brought repeat the prefix.
    let overlapScalars: Int?
    /// The tokens of the kept text that went along with the request; nil where none did.
    let sentTokens: Int?
    /// Whether the last attempt brought all of the answer.
    let isAlone: Bool

    /// Joins the completion that an attempt ended with.
    ///
    /// - Parameters:
    ///   - base: what the attempt went on from; nil where it did not.
    ///   - attempt: the attempt, with all that it brought.
    init(_ completion: Completion, onto base: StoredPartial?, _ attempt: AnswerJoiner.Attempt) {
        let (joined, overlap) = AnswerJoiner.join(attempt, onto: base)
        seams = joined.seams
        overlapScalars = overlap
        var completion = completion
        isAlone = attempt.strategy != .turn && joined.seams.allSatisfy { $0.attemptID == attempt.id }
        if let base, attempt.strategy == .turn {
            var choice = completion.choices[0]
            choice.content = joined.answer.text
            let reasoning = joined.answer.choices.first?.reasoning ?? ""
            choice.reasoning = reasoning.isEmpty ? nil : reasoning
            choice.message = AnswerMessage.joined(base.answer.pausedTurn, choice.message)
            completion.choices[0] = choice
        } else if base != nil, !isAlone || attempt.strategy == .replay {
            let text = joined.answer.text
            var choice = completion.choices[0]
            var message = AnswerMessage(choice.message)
            message.replaceText(with: text, own: choice.content)
            choice.content = text
            if attempt.strategy == .replay {
                let reasoning = joined.answer.choices.first?.reasoning ?? ""
                message.replaceReasoning(with: reasoning, own: choice.reasoning ?? "")
                choice.reasoning = reasoning.isEmpty ? nil : reasoning
            }
            choice.message = message.json
            completion.choices[0] = choice
        }
        if attempt.strategy == .replay {
            completion.id = completion.id ?? joined.responseID
            completion.model = completion.model ?? joined.model
        }
        sentTokens =
            switch attempt.strategy {
            case .turn: base?.tokenCount
            case .prefill, .continue:
                base.map { base in
                    Self.tokens(
                        ofFirst: attempt.prefixScalars ?? 0, of: base, usage: completion.usage, own: attempt.own.text,
                        attempt: attempt)
                }
            // The stream may be that of a continuation, whose report is of all of it.
            case .replay:
                base.flatMap { base in
                    guard base.streamStart > 0 else { return nil }
                    let own = String(joined.answer.text.unicodeScalars.dropFirst(base.streamStart))
                    return Self.tokens(
                        ofFirst: base.streamStart, of: base, usage: completion.usage, own: own, attempt: attempt)
                }
            case .restart, nil: nil
            }
        self.completion = completion
    }

    /// The rows of the answer, one a choice.
    var records: [CompletionRecord] {
        var usage = completion.usage
        let isTold = usage?.promptTokens != nil || usage?.completionTokens != nil
        var source: CompletionRecord.UsageSource = isTold ? .provider : .none
        if let sentTokens, let reported = usage {
            // The report is of the continuation: its prompt holds the kept text, its output lacks it, unless it is the
            // whole answer.
            usage?.promptTokens = reported.promptTokens.map { max(0, $0 - sentTokens) }
            usage?.completionTokens = reported.completionTokens.map { $0 + (isAlone ? 0 : sentTokens) }
            usage?.totalTokens = nil
            source = .mixed
        }
        return completion.choices.map { choice in
            CompletionRecord(
                choice: choice, responseID: completion.id, model: completion.model, usage: usage, usageSource: source,
                seams: Self.told(seams.filter { $0.choice == choice.index }))
        }
    }

    /// The seams of an answer as its row has them: of one piece the attempt's row says who wrote it.
    private static func told(_ seams: [Seam]) -> [Seam] {
        guard seams.count == 1, var seam = seams.first else { return seams }
        seam.endpoint = nil
        return [seam]
    }

    /// The tokens of the kept text that was sent along, judged by the report of what came after it.
    private static func tokens(
        ofFirst scalars: Int, of base: StoredPartial, usage: TokenUsage?, own: String,
        attempt: AnswerJoiner.Attempt
    ) -> Int {
        let counted = base.likelyTokens(ofScalars: scalars)
        guard let reported = usage?.completionTokens else { return counted }
        let thinking = attempt.own.choices.first?.reasoning ?? ""
        // Thinking that is not sent has no words to count.
        let unsent = thinking.isEmpty ? usage?.reasoningTokens ?? 0 : 0
        let share = TokenShare(
            reportedTokens: max(0, reported - unsent), reportedPieces: attempt.own.contentDeltaCount,
            reportedText: thinking + " " + own)
        return share.tokens(of: String(base.answer.text.unicodeScalars.prefix(scalars)), pieces: counted)
    }
}

/// The message that a next turn must send back, in its provider's form, while an answer is joined.
struct AnswerMessage {
    private(set) var json: JSON

    init(_ json: JSON) { self.json = json }

    /// A message with the blocks of the paused turn before it in front of its own.
    static func joined(_ turn: JSON?, _ message: JSON) -> JSON {
        guard let before = turn?["content"]?.array, var object = message.object else { return message }
        object["content"] = .array(before + (object["content"]?.array ?? []))
        return .object(object)
    }

    /// Puts a text in the place of the one that the last attempt brought.
    ///
    /// - Parameter own: what the attempt brought, which the message holds.
    mutating func replaceText(with text: String, own: String) {
        switch json {
        case .object(var message):
            switch message["content"] {
            case .array(let blocks):
                message["content"] = .array(Self.replaced(blocks, type: "text", member: "text", text: text, own: own))
            default: message["content"] = .string(text)
            }
            json = .object(message)
        case .array(var items):
            // The output of a response: the message is one of its items.
            let place = items.firstIndex { $0["type"] == "message" }
            var item =
                place.flatMap { items[$0].object }
                ?? JSONObject([.init(key: "type", value: "message"), .init(key: "role", value: "assistant")])
            let parts = item["content"]?.array ?? []
            item["content"] = .array(Self.replaced(parts, type: "output_text", member: "text", text: text, own: own))
            if let place { items[place] = .object(item) } else { items.append(.object(item)) }
            json = .array(items)
        default: break
        }
    }

    /// Puts a text in the place of the thinking that the last attempt brought, where the message holds thinking.
    mutating func replaceReasoning(with text: String, own: String) {
        guard !text.isEmpty, var object = json.object, case .array(let blocks) = object["content"] else { return }
        object["content"] = .array(Self.replaced(blocks, type: "thinking", member: "thinking", text: text, own: own))
        json = .object(object)
    }

    /// Blocks whose blocks of a type hold a text: the later ones stay as they are, the first one gets the rest of it.
    private static func replaced(
        _ blocks: [JSON], type: String, member: String, text: String, own: String
    ) -> [JSON] {
        var blocks = blocks
        guard let first = blocks.firstIndex(where: { $0["type"]?.string == type }),
            var block = blocks[first].object
        else {
            // Thinking goes before everything, and text behind thinking.
            let place = type != "thinking" ? blocks.prefix { $0["type"] == "thinking" }.count : 0
            blocks.insert(["type": .string(type), "\(member)": .string(text)], at: place)
            return blocks
        }
        let later = own.unicodeScalars.count - (block[member]?.string ?? "").unicodeScalars.count
        block[member] = .string(String(text.unicodeScalars.dropLast(max(0, later))))
        blocks[first] = .object(block)
        return blocks
    }
}
