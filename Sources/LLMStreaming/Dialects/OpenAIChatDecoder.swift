import ServerSentEvents

/// Decodes the stream of a chat completion as OpenAI and everybody compatible with it send it (WIRE.md 2).
package struct OpenAIChatDecoder: Sendable {
    private let expectedChoices: Int
    private let omitsFinishReason: Bool
    private var choices = ChoiceStates()
    private var toolCalls: [ToolCallKeys] = []
    /// What the response has not said of itself: Azure's first chunk has neither (WIRE.md 2), so the first that is not
    /// empty counts.
    private var unknownNames = ["id", "model"]
    /// Cumulative usage may ride on every chunk; it is held until it is the last.
    private var usage: JSONObject?
    private var lastEvent = RepeatedEvent()
    /// Whether `[DONE]` came.
    package private(set) var isDone = false

    init(choices: Int, omitsFinishReason: Bool) {
        expectedChoices = choices
        self.omitsFinishReason = omitsFinishReason
    }

    /// A finish reason on every choice; before `[DONE]` also on those that have not begun.
    var isAnswered: Bool {
        if isDone, omitsFinishReason, choices.begunCount > 0 { return true }
        return choices.areFinished && (isDone || choices.begunCount >= expectedChoices)
    }

    /// Decodes an event.
    ///
    /// - Returns: whether `[DONE]` has come.
    mutating func decode(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) -> Bool {
        // Some servers put white space behind it.
        if event.data.first == UInt8(ascii: "["), event.data.starts(with: "[DONE]".utf8) {
            isDone = true
            flushUsage(into: &chunks)
        } else if unknownNames.isEmpty, event.type == "message", let chunk = chunk(of: event.data.span) {
            chunks.append(chunk)
        } else {
            try decodeFully(event, into: &chunks)
        }
        return isDone
    }

    /// What an event of the hot path means, whose decoding changes nothing; nil where the full decoder must look.
    private mutating func chunk(of bytes: Span<UInt8>) -> StreamedChunk? {
        if let chunk = lastEvent.chunk(of: bytes) { return chunk }
        guard let found = OpenAIChatFastPath.chunk(of: bytes, isSeen: choices.hasBegun) else { return nil }
        lastEvent.keep(bytes, found.chunk, text: found.text)
        return found.chunk
    }

    /// Decodes an event without the short cuts of the hot path.
    mutating func decodeFully(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) {
        try decode(try event.json(), into: &chunks)
    }

    /// Decodes a whole completion that came as one JSON document.
    mutating func decodeWhole(_ json: JSON, into chunks: inout [StreamedChunk]) throws(LLMError) {
        try decode(json, into: &chunks)
        guard choices.begunCount > 0 else { throw LLMError(.decode, "a completion has no choices") }
        isDone = true
        flushUsage(into: &chunks)
    }

    private mutating func decode(_ json: JSON, into chunks: inout [StreamedChunk]) throws(LLMError) {
        guard let object = json.object else { throw LLMError(.decode, "an event is \(json.typeName), not an object") }
        let list = object["choices"]?.array
        if let error = ErrorClassifier.inBand(object, isBare: list == nil) { throw error }
        // Groq's word on why it ended a stream early.
        if let reason = object["x_groq"]?["error"]?.string, !reason.isEmpty {
            throw ErrorClassifier.inBand(["error": .string(reason)])
        }
        addResponse(object, into: &chunks)
        if let report = object["usage"]?.object ?? object["x_groq"]?["usage"]?.object { usage = report }
        for choice in list ?? [] {
            if let choice = choice.object { try addChoice(choice, into: &chunks) }
        }
        if list?.isEmpty != false || choices.areFinished { flushUsage(into: &chunks) }
    }

    /// Appends the usage that was held back.
    mutating func flushUsage(into chunks: inout [StreamedChunk]) {
        guard let usage else { return }
        chunks.append(StreamedChunk(.usage, JSON.object(usage).text))
        self.usage = nil
    }

    private mutating func addResponse(_ object: JSONObject, into chunks: inout [StreamedChunk]) {
        guard !unknownNames.isEmpty else { return }
        var response = JSONObject()
        unknownNames.removeAll { name in
            guard let text = object[name]?.string, !text.isEmpty else { return false }
            response[name] = .string(text)
            return true
        }
        if !response.isEmpty { chunks.append(StreamedChunk(.response, JSON.object(response).text)) }
    }

    private mutating func addChoice(_ choice: JSONObject, into chunks: inout [StreamedChunk]) throws(LLMError) {
        let index = choice["index"]?.int ?? 0
        guard (0..<StreamingAccumulator.maximumChoices).contains(index) else {
            throw LLMError(.decode, "a choice has the index \(index)")
        }
        choices.begin(index)
        if let delta = (choice["delta"] ?? choice["message"])?.object { try addDelta(delta, index, into: &chunks) }
        if let logprobs = choice["logprobs"], !logprobs.isNull {
            chunks.append(StreamedChunk(.logprobs, logprobs.text, choice: index))
        }
        if let native = choice["native_finish_reason"]?.string {
            chunks.append(StreamedChunk(.nativeFinish, native, choice: index))
        }
        guard let reason = choice["finish_reason"]?.string, !reason.isEmpty else { return }
        if let kind = FinishReason.failure(native: reason) {
            throw LLMError(kind, "the answer ended with finish reason '\(reason)'")
        }
        if choices.finish(index, reason) { chunks.append(StreamedChunk(.finish, reason, choice: index)) }
    }

    private mutating func addDelta(
        _ delta: JSONObject, _ choice: Int, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        func add(_ kind: StreamedChunk.Kind, _ text: String?) {
            if let text, !text.isEmpty { chunks.append(StreamedChunk(kind, text, choice: choice)) }
        }
        // The same text may come under both names; it is one text.
        add(
            .reasoning,
            delta["reasoning_content"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? delta["reasoning"]?.string)
        if let details = delta["reasoning_details"]?.array, !details.isEmpty {
            chunks.append(StreamedChunk(.reasoningDetails, JSON.array(details).text, choice: choice))
        }
        switch delta["content"] {
        case .string(let text): add(.text, text)
        case .array(let parts): for part in parts { Self.addPart(part, add) }
        default: break
        }
        add(.refusal, delta["refusal"]?.string)
        for annotation in delta["annotations"]?.array ?? [] { add(.citation, annotation.text) }
        for (position, call) in (delta["tool_calls"]?.array ?? []).enumerated() {
            try addToolCall(call, position, choice, into: &chunks)
        }
        if let call = delta["function_call"]?.object {
            try addToolCall(["index": 0, "function": .object(call)], 0, choice, into: &chunks)
        }
    }

    /// Mistral's reasoning models send content as an array (WIRE.md 2).
    private static func addPart(_ part: JSON, _ add: (StreamedChunk.Kind, String?) -> Void) {
        add(.text, part.string ?? part["text"]?.string)
        switch part["thinking"] {
        case .string(let text): add(.reasoning, text)
        case .array(let thoughts): for thought in thoughts { add(.reasoning, thought["text"]?.string) }
        default: break
        }
    }

    private mutating func addToolCall(
        _ call: JSON, _ position: Int, _ choice: Int, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        while toolCalls.count <= choice { toolCalls.append(ToolCallKeys()) }
        let id = call["id"]?.string ?? ""
        let name = call["function"]?["name"]?.string ?? ""
        let item = toolCalls[choice].item(index: call["index"]?.int, id: id, name: name, position: position)
        guard item < ToolCallKeys.maximumCalls else {
            throw LLMError(.decode, "more than \(ToolCallKeys.maximumCalls) tool calls")
        }
        if toolCalls[choice].learns(item, id: id, name: name) {
            var opening = JSONObject()
            if !id.isEmpty { opening["id"] = .string(id) }
            if !name.isEmpty { opening["name"] = .string(name) }
            chunks.append(StreamedChunk(.toolCall, JSON.object(opening).text, choice: choice, item: item))
        }
        let arguments = call["function"]?["arguments"]
        let text = arguments?.string ?? arguments?.object.map { JSON.object($0).text } ?? ""
        guard !text.isEmpty else { return }
        toolCalls[choice].hasArguments(item)
        chunks.append(StreamedChunk(.toolArguments, text, choice: choice, item: item))
    }
}
