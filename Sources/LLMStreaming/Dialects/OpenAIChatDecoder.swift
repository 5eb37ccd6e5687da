import ServerSentEvents

/// Decodes the stream of a chat completion as OpenAI and everybody compatible with it send it (WIRE.md 2).
package struct OpenAIChatDecoder: Sendable {
    /// The most answers of one request; beyond it a number is nonsense.
    private static let maximumChoices = 1024

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
    /// Whether the body ended in order.
    private var isBodyEnded = false

    init(choices: Int, omitsFinishReason: Bool) {
        expectedChoices = choices
        self.omitsFinishReason = omitsFinishReason
    }

    /// A finish reason on every choice; before `[DONE]` also on those that have not begun.
    ///
    /// Some servers put a finish reason on every chunk: where content came behind one, they count once the stream has
    /// ended in order.
    var isAnswered: Bool {
        if isDone, omitsFinishReason, choices.begunCount > 0 { return true }
        return choices.areFinished && (isDone || choices.begunCount >= expectedChoices)
            && (!choices.haveReopened || isClosed)
    }

    /// Whether the stream ended in order.
    var isClosed: Bool { isDone || isBodyEnded }

    /// Whether `[DONE]` came although an answer that has begun has no finish reason.
    var lacksFinishReason: Bool { isDone && choices.begunCount > 0 && !choices.areFinished }

    /// Takes the orderly end of the body; one that cuts the last event is none.
    mutating func endBody(isEventCut: Bool) { isBodyEnded = !isEventCut }

    /// Decodes an event.
    ///
    /// - Returns: whether `[DONE]` has come.
    mutating func decode(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) -> Bool {
        if unknownNames.isEmpty, event.type == "message", let chunk = chunk(of: event.data.span) {
            chunks.append(chunk)
        } else {
            try decodeFully(event, into: &chunks)
        }
        return isDone
    }

    /// What an event of the hot path means, whose decoding changes nothing; nil where the full decoder must look.
    private mutating func chunk(of bytes: Span<UInt8>) -> StreamedChunk? {
        if let chunk = lastEvent.chunk(of: bytes) { return chunk }
        guard let found = OpenAIChatFastPath.chunk(of: bytes, isOpen: choices.isOpen) else { return nil }
        lastEvent.keep(bytes, found.chunk, text: found.text)
        return found.chunk
    }

    /// Decodes an event without the short cuts of the hot path.
    mutating func decodeFully(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) {
        if event.isDone {
            isDone = true
            flushUsage(into: &chunks)
            return
        }
        for object in try event.objects() { try decode(object, into: &chunks) }
    }

    /// Decodes a whole completion that came as one JSON document.
    mutating func decodeWhole(_ json: JSON, into chunks: inout [StreamedChunk]) throws(LLMError) {
        guard let object = json.object else { throw LLMError(.decode, "a completion is \(json.typeName)") }
        try decode(object, into: &chunks)
        guard choices.begunCount > 0 else {
            throw LLMError(.decode, "a completion has no choices: \(json.text.prefix(200))")
        }
        isDone = true
        flushUsage(into: &chunks)
    }

    /// Decodes an event's object.
    mutating func decode(_ object: JSONObject, into chunks: inout [StreamedChunk]) throws(LLMError) {
        let list = object["choices"]?.array
        let isBare = list?.isEmpty != false && object["usage"]?.object == nil
        if let error = ErrorClassifier.inBand(object, isBare: isBare) { throw error }
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
        guard (0..<Self.maximumChoices).contains(index) else {
            throw LLMError(.decode, "a choice has the index \(index)")
        }
        choices.begin(index)
        let count = chunks.count
        if let delta = (choice["delta"] ?? choice["message"])?.object { try addDelta(delta, index, into: &chunks) }
        if chunks[count...].contains(where: \.isWritten) { choices.reopen(index) }
        if let logprobs = choice["logprobs"], !logprobs.isNull {
            chunks.append(StreamedChunk(.logprobs, logprobs.text, choice: index))
        }
        if let native = choice["native_finish_reason"]?.string {
            chunks.append(StreamedChunk(.nativeFinish, native, choice: index))
        }
        // SGLang's own form is an object.
        let told = choice["finish_reason"]
        guard let reason = told?.string ?? told?["type"]?.string else { return }
        switch FinishWord(reason) {
        case .none: return
        case .failure(let kind): throw LLMError(kind, "the answer ended with finish reason '\(reason)'")
        case .reason: break
        }
        guard choices.finish(index, reason) else { return }
        chunks.append(StreamedChunk(.finish, reason, choice: index))
        // What comes now is for the full decoder.
        lastEvent.forget()
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
