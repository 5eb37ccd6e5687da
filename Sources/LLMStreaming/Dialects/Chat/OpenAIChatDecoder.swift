import ServerSentEvents

/// Decodes the stream of a chat completion as OpenAI and everybody compatible with it send it
/// (Provider facts, "Chat streams").
package struct OpenAIChatDecoder: Sendable {
    private let expectedChoices: Int
    private let omitsFinishReason: Bool
    var choices = ChoiceStates()
    /// What the response has not said of itself: Azure's first chunk has neither, so the first that is not empty
    /// counts.
    private var unknownNames = ["id", "model"]
    /// The service tier that was told last.
    private var serviceTier: String?
    /// Cumulative usage may ride on every chunk; it is held until it is the last.
    private var usage: JSONObject?
    private var lastEvent = RepeatedEvent()
    var deltas = ChatDeltas()
    /// Messages that came whole behind pieces of them, with the numbers of their choices.
    var wholes: [(choice: Int, message: JSONObject)] = []
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

    /// The same, asked without a copy.
    mutating func tellAnswered() -> Bool { isAnswered }

    /// Whether the stream ended in order.
    var isClosed: Bool { isDone || isBodyEnded }

    /// Whether `[DONE]` came although an answer that has begun has no finish reason.
    var lacksFinishReason: Bool { isDone && choices.begunCount > 0 && !choices.areFinished }

    /// Takes the orderly end of the body; one that cuts the last event is not orderly.
    mutating func endBody(isEventCut: Bool) { isBodyEnded = !isEventCut }

    /// What is to be done after an event.
    enum Progress {
        case more
        /// `addWholes` adds what the pieces before lacked of a whole message.
        case whole
        /// `[DONE]` has come.
        case done
    }

    /// Whether `addWholes` has something to add.
    var hasWholes: Bool { !wholes.isEmpty }

    /// Decodes an event.
    mutating func decode(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) -> Progress {
        if unknownNames.isEmpty, !deltas.characters.isWaiting, event.type == "message",
            let chunk = chunk(of: event.data.span)
        {
            chunks.append(chunk)
        } else {
            try decodeFully(event, into: &chunks)
            if !wholes.isEmpty { return .whole }
        }
        return isDone ? .done : .more
    }

    /// What an event of the hot path means, whose decoding changes nothing; nil where the full decoder must look.
    private mutating func chunk(of bytes: Span<UInt8>) -> StreamedChunk? {
        if let chunk = lastEvent.chunk(of: bytes) { return chunk }
        guard let found = OpenAIChatFastPath.chunk(of: bytes, tier: serviceTier, isOpen: choices.isOpen) else {
            return nil
        }
        choices.noteDelta(found.chunk.choice)
        lastEvent.keep(bytes, found.chunk, text: found.text)
        return found.chunk
    }

    /// Decodes an event without the short cuts of the hot path.
    mutating func decodeFully(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) {
        if event.isDone {
            isDone = true
            if isAnswered { deltas.characters.flush(into: &chunks) }
            flushUsage(into: &chunks)
            return
        }
        let start = chunks.count
        let objects = try event.objects(marking: &deltas.characters)
        defer { deltas.characters.endEvent(&chunks, from: start) }
        for object in objects { try decode(object, into: &chunks) }
    }

    /// Decodes a whole completion that came as one JSON document.
    mutating func decodeWhole(_ json: JSON, into chunks: inout [StreamedChunk]) throws(LLMError) {
        guard let object = json.object else { throw LLMError(.decode, "a completion is \(json.typeName)") }
        try decode(object, into: &chunks, isStreamed: false)
        guard choices.begunCount > 0 else {
            throw LLMError(.decode, "a completion has no choices: \(json.text.prefix(200))")
        }
        isDone = true
        flushUsage(into: &chunks)
    }

    /// Decodes one of several objects of a body that is no event stream.
    mutating func decode(_ value: DocumentValues.Value, into chunks: inout [StreamedChunk]) throws(LLMError) {
        let start = chunks.count
        deltas.characters.isMarked = value.hasHalves
        defer { deltas.characters.endEvent(&chunks, from: start) }
        try decode(value.object, into: &chunks)
    }

    /// Decodes an event's object, or a whole completion.
    mutating func decode(
        _ object: JSONObject, into chunks: inout [StreamedChunk], isStreamed: Bool = true
    ) throws(LLMError) {
        let list = object["choices"]?.array
        let isBare = list?.isEmpty != false && object["usage"]?.object == nil
        if let error = ErrorClassifier.inBand(object, isBare: isBare) { throw error }
        // Groq's word on why it ended a stream early.
        if let reason = object["x_groq"]?["error"]?.string, !reason.isEmpty {
            throw ErrorClassifier.inBand(["error": .string(reason)])
        }
        addResponse(object, into: &chunks)
        if let report = Self.usage(of: object).map(deltas.characters.cleaned) {
            usage = usage?.updated(by: report) ?? report
        }
        for choice in list ?? [] {
            guard let choice = choice.object else { continue }
            try addChoice(
                choice, into: &chunks, isWhole: isStreamed ? object["object"] != "chat.completion.chunk" : nil)
        }
        if list?.isEmpty != false || choices.areFinished { flushUsage(into: &chunks) }
    }

    /// The usage that an event reports: beside its choices, in Groq's member, or inside of a choice (Moonshot).
    private static func usage(of event: JSONObject) -> JSONObject? {
        func report(_ value: JSON?) -> JSONObject? { value?.object.flatMap { $0.isEmpty ? nil : $0 } }
        if let report = report(event["usage"]) ?? report(event["x_groq"]?["usage"]) { return report }
        return (event["choices"]?.array ?? []).lazy
            .compactMap { report($0["usage"]) ?? report($0["delta"]?["usage"]) ?? report($0["message"]?["usage"]) }
            .first
    }

    /// Appends what was held back until the end.
    mutating func finish(into chunks: inout [StreamedChunk]) {
        if isAnswered { deltas.characters.flush(into: &chunks) }
        flushUsage(into: &chunks)
    }

    /// Whether a text stops within a character.
    var isWithinCharacter: Bool { deltas.characters.isWaiting }

    private mutating func flushUsage(into chunks: inout [StreamedChunk]) {
        guard let usage else { return }
        chunks.append(StreamedChunk(.usage, JSON.object(usage).text))
        self.usage = nil
    }

    private mutating func addResponse(_ object: JSONObject, into chunks: inout [StreamedChunk]) {
        var response = JSONObject()
        unknownNames.removeAll { name in
            guard let text = object[name]?.string, !text.isEmpty else { return false }
            response[name] = .string(text)
            return true
        }
        let told = serviceTier
        response.addServiceTier(of: object, after: &serviceTier)
        // What came before had another one in it.
        if serviceTier != told { lastEvent.forget() }
        if !response.isEmpty { chunks.append(StreamedChunk(.response, JSON.object(response).text)) }
    }

    private static func error(_ value: JSON) -> LLMError? {
        ErrorClassifier.inBand(JSONObject([.init(key: "error", value: value)]), isBare: false)
    }

    /// - Parameter isWhole: whether a message here may be all of an answer whose pieces came before; nil for a
    ///   document, before which nothing came.
    private mutating func addChoice(
        _ choice: JSONObject, into chunks: inout [StreamedChunk], isWhole: Bool?
    ) throws(LLMError) {
        let index = ChatDeltas.index(choice["index"]) ?? 0
        guard (0..<StreamingAccumulator.maximumChoices).contains(index) else {
            throw LLMError(.decode, "a choice has the index \(index)")
        }
        choices.begin(index)
        let count = chunks.count
        if let delta = choice["delta"]?.object {
            try deltas.addDelta(delta, index, into: &chunks)
            if chunks.count > count { choices.noteDelta(index) }
        }
        if let message = choice["message"]?.object {
            if let isWhole, isWhole || choices.hasDeltas(index) {
                wholes.append((index, deltas.characters.cleaned(message)))
            } else {
                try deltas.addDelta(message, index, into: &chunks)
            }
        } else if choice["delta"]?.object == nil, let text = choice["text"]?.string {
            // A server of the older interface; Together has the same text in its delta too.
            try deltas.addDelta(JSONObject([.init(key: "content", value: .string(text))]), index, into: &chunks)
            choices.noteDelta(index)
        }
        if chunks[count...].contains(where: \.isWritten) { choices.reopen(index) }
        if let logprobs = choice["logprobs"], !logprobs.isNull {
            chunks.append(StreamedChunk(.logprobs, logprobs.text, choice: index))
        }
        if let native = choice["native_finish_reason"]?.string {
            chunks.append(StreamedChunk(.nativeFinish, native, choice: index))
        }
        // OpenRouter's word on what failed behind it.
        if let error = choice["error"].flatMap(Self.error) ?? choice["delta"]?["error"].flatMap(Self.error) {
            throw error
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
}
