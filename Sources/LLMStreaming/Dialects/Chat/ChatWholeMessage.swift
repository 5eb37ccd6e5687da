/// Messages that come whole behind pieces of them, at the end of a stream.
extension OpenAIChatDecoder {
    /// Adds what the pieces before lacked of messages that came whole at the end of a stream.
    ///
    /// Where one contradicts its pieces, these count.
    /// - Parameter answer: all that came, the chunks of the last event included.
    mutating func addWholes(after answer: StreamingAccumulator, into chunks: inout [StreamedChunk]) throws(LLMError) {
        let messages = wholes
        wholes = []
        for (choice, message) in messages {
            let start = chunks.count
            try deltas.addWhole(
                message, choice: choice, after: answer.answer(choice), hasDeltas: choices.hasDeltas(choice),
                into: &chunks)
            // Its reason came before what the same event added.
            if chunks.count > start, let reason = choices.reason(choice) {
                chunks.append(StreamedChunk(.finish, reason, choice: choice))
            }
        }
    }
}

extension ChatDeltas {
    /// Appends what the pieces before lacked of a message.
    ///
    /// - Parameters:
    ///   - message: all of the answer, or a further piece of it.
    ///   - choice: whose it is.
    ///   - came: what came of it so far.
    ///   - hasDeltas: whether that came in deltas.
    ///   - chunks: what is lacking is appended to it.
    mutating func addWhole(
        _ message: JSONObject, choice: Int, after came: AnswerBuilder, hasDeltas: Bool,
        into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        // A server that sends no deltas may send its pieces as messages.
        let isPiece = !hasDeltas && !came.isEmpty && !Self.isWhole(message, of: came)
        if isPiece { return try addDelta(message, choice, into: &chunks) }
        var rest = message
        rest["tool_calls"] = nil
        rest["function_call"] = nil
        rest["reasoning"] = nil
        rest["reasoning_content"] = Self.lacking(Self.thoughts(of: message), came.reasoning)
        rest["content"] = Self.lacking(Self.text(of: message), came.content)
        rest["refusal"] = Self.lacking(message["refusal"]?.string ?? "", came.refusal)
        if !came.reasoningDetails.isEmpty { rest["reasoning_details"] = nil }
        if came.hasCitations { rest["annotations"] = nil }
        if came.hasBlocks { (rest["audio"], rest["images"]) = (nil, nil) }
        // A character that waits for its other half is in the whole text.
        _ = characters.take { $0.choice == choice }
        try addDelta(rest, choice, into: &chunks)
        while toolCalls.count <= choice { toolCalls.append(ToolCallKeys()) }
        var calls = message["tool_calls"]?.array ?? []
        if calls.isEmpty, let call = message["function_call"]?.object { calls = [["function": .object(call)]] }
        let entries = calls.enumerated().map { Self.entry($1, $0) }
        for (entry, place) in zip(entries, toolCalls[choice].items(ofWhole: entries)) {
            try add(entry, arguments: place.lacking, to: place.item, choice: choice, into: &chunks)
        }
    }

    /// Whether a message begins with all of the text and thinking that came before it.
    private static func isWhole(_ message: JSONObject, of came: AnswerBuilder) -> Bool {
        text(of: message).utf8.starts(with: came.content.utf8)
            && thoughts(of: message).utf8.starts(with: came.reasoning.utf8)
    }

    private static func lacking(_ whole: String, _ came: String) -> JSON? {
        guard whole.utf8.count > came.utf8.count, whole.utf8.starts(with: came.utf8) else { return nil }
        return .string(String(decoding: whole.utf8.dropFirst(came.utf8.count), as: UTF8.self))
    }

    private static func text(of message: JSONObject) -> String {
        texts(of: message) { kind in kind == .text }
    }

    private static func thoughts(of message: JSONObject) -> String {
        let text = reasoning(of: message) ?? ""
        return text.isEmpty ? texts(of: message) { kind in kind == .reasoning } : text
    }

    private static func texts(of message: JSONObject, _ isWanted: (StreamedChunk.Kind) -> Bool) -> String {
        var texts = ""
        func add(_ kind: StreamedChunk.Kind, _ text: String?) {
            if isWanted(kind) { texts += text ?? "" }
        }
        switch message["content"] {
        case .string(let text): add(.text, text)
        case .array(let parts): for part in parts { addPart(part, add) }
        default: break
        }
        return texts
    }
}
