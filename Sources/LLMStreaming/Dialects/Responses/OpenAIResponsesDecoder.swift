import ServerSentEvents

/// Decodes the stream of OpenAI's Responses, and of everybody who serves that interface
/// (Provider facts, "Responses streams").
///
/// A stream may begin in the middle: one that is asked for again from an event on (`starting_after`). Texts that come
/// whole at an item's end, or at the response's, are taken only where none of their pieces can have come before.
package struct OpenAIResponsesDecoder: Sendable {
    enum Beginning {
        case awaited, seen, missed
    }

    /// Whether the stream was seen from its beginning on.
    private(set) var beginning = Beginning.awaited
    var items = ResponseItems()
    /// The number of the last event, behind which the stream can be asked for again; nil where events have none.
    package private(set) var sequenceNumber: Int?
    private var unknownNames = ["id", "model"]
    /// The service tier that was told last: the one asked for, then the one that served.
    private var serviceTier: String?
    private var isDone = false
    /// Whether a text came whole that does not begin with the pieces that came of it.
    var hasContradiction = false
    var splitCharacters = SplitCharacters()

    /// Whether a terminal event came that says the answer is whole.
    package private(set) var isAnswered = false
    /// The same, asked without a copy.
    mutating func tellAnswered() -> Bool { isAnswered }

    /// Whether a terminal event or `[DONE]` came.
    var isEnded: Bool { isAnswered || isDone }

    init() {}

    /// Decodes an event.
    ///
    /// - Returns: whether a terminal event or `[DONE]` has come.
    mutating func decode(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) -> Bool {
        if case .awaited = beginning {
            try decodeFully(event, into: &chunks)
        } else if event.type != "error", !splitCharacters.isWaiting,
            let delta = OpenAIResponsesFastPath.delta(of: event.data.span),
            let position = items.position(outputIndex: delta.outputIndex)
        {
            sequenceNumber = delta.sequenceNumber ?? sequenceNumber
            try add(delta.text, of: .outputText, index: delta.contentIndex, at: position, into: &chunks)
        } else {
            try decodeFully(event, into: &chunks)
        }
        return isEnded
    }

    /// Decodes an event without the short cut of the hot path.
    mutating func decodeFully(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) {
        if event.isDone {
            isDone = true
            finish(into: &chunks)
            return
        }
        let start = chunks.count
        let objects = try event.objects(marking: &splitCharacters)
        defer { splitCharacters.endEvent(&chunks, from: start) }
        for object in objects { try decode(object, named: event.type, into: &chunks) }
    }

    /// Decodes an event's object.
    mutating func decode(
        _ object: JSONObject, named name: String, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        // The name of the event where a server leaves the type out.
        let type = object["type"]?.string ?? name
        if type == "error" { throw ErrorClassifier.inBand(.object(object)) }
        if let number = NumberGate.count(object["sequence_number"]?.int) { sequenceNumber = number }
        begin(type, number: object["sequence_number"]?.int)
        switch type {
        case "response.created", "response.queued", "response.in_progress":
            addNames(object["response"]?.object, into: &chunks)
        case "response.completed", "response.incomplete", "response.failed", "response.cancelled":
            let name = String(type.dropFirst("response.".count))
            var response = object["response"]?.object ?? JSONObject()
            // Some servers put error and usage beside the response.
            if response["error"]?.isNull != false { response["error"] = object["error"] }
            if response["usage"]?.object == nil { response["usage"] = object["usage"] }
            try end(response, status: name, into: &chunks)
        case "response.output_item.added":
            let position = try position(object, isFirst: true)
            items[position].hasBegun = true
            if let item = object["item"]?.object { openItem(item, at: position, into: &chunks) }
        case "response.output_item.done":
            if let item = object["item"]?.object {
                try endItem(item, at: try position(object, isFirst: false), into: &chunks)
            }
        case "response.output_text.annotation.added":
            guard let annotation = object["annotation"], !annotation.isNull else { return }
            addCitation(annotation, at: try position(object, isFirst: false), into: &chunks)
        default:
            if try addText(type, object, into: &chunks) { return }
            // Unknown events are ignored; an error in another form comes from compatible servers.
            if let error = ErrorClassifier.inBand(object, isBare: object["type"] == nil) { throw error }
        }
    }

    /// Appends what was held back until the end.
    mutating func finish(into chunks: inout [StreamedChunk]) {
        if isAnswered { splitCharacters.flush(into: &chunks) }
    }

    /// Decodes one of several objects of a body that is no event stream.
    mutating func decode(_ value: DocumentValues.Value, into chunks: inout [StreamedChunk]) throws(LLMError) {
        let start = chunks.count
        splitCharacters.isMarked = value.hasHalves
        defer { splitCharacters.endEvent(&chunks, from: start) }
        try decode(value.object, named: "message", into: &chunks)
    }

    /// Whether a text stops within a character.
    var isWithinCharacter: Bool { splitCharacters.isWaiting }

    /// A whole response that came as one JSON document.
    mutating func decodeWhole(_ json: JSON, into chunks: inout [StreamedChunk]) throws(LLMError) {
        guard let response = json.object else { throw LLMError(.decode, "a response is \(json.typeName)") }
        beginning = .seen
        guard response["output"]?.array != nil || response["status"]?.string != nil else {
            throw ErrorClassifier.inBand(response, isBare: true)
                ?? LLMError(.decode, "a response has no output: \(json.text.prefix(200))")
        }
        try end(response, status: nil, into: &chunks)
    }

    /// Notes whether the stream was seen from its beginning on.
    private mutating func begin(_ type: String, number: Int?) {
        // Signs of life may stand before the first event.
        guard case .awaited = beginning, type.hasPrefix("response.") else { return }
        let isOpening = ["response.created", "response.queued", "response.in_progress"].contains(type)
        beginning = isOpening || number == 0 ? .seen : .missed
    }

    mutating func position(_ event: JSONObject, isFirst: Bool) throws(LLMError) -> Int {
        let item = event["item"]
        let ids = [event["item_id"], item?["id"], item?["call_id"]].compactMap { $0?.string }
        return try items.position(outputIndex: event["output_index"]?.int, ids: ids, isFirst: isFirst)
    }

    private mutating func addNames(_ response: JSONObject?, into chunks: inout [StreamedChunk]) {
        guard let response else { return }
        var names = JSONObject()
        unknownNames.removeAll { name in
            guard let text = response[name]?.string, !text.isEmpty else { return false }
            names[name] = .string(text)
            return true
        }
        names.addServiceTier(of: response, after: &serviceTier)
        if !names.isEmpty { chunks.append(StreamedChunk(.response, JSON.object(names).text)) }
    }
}

// MARK: - The end

extension OpenAIResponsesDecoder {
    /// Takes the terminal event's response; a status inside it that is terminal goes before the event's name.
    ///
    /// - Parameter name: the event's; nil for a document, which may be asked for before its response has ended.
    private mutating func end(
        _ response: JSONObject, status name: String?, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        addNames(response, into: &chunks)
        try addOutput(response["output"]?.array ?? [], into: &chunks)
        if let usage = response["usage"]?.object {
            chunks.append(StreamedChunk(.usage, JSON.object(usage).text))
        }
        if let error = ErrorClassifier.inBand(response, isBare: false) { throw error }
        let told = response["status"]?.string.flatMap { ["queued", "in_progress"].contains($0) ? nil : $0 }
        switch told ?? name {
        case "completed": addFinish(response, isIncomplete: false, into: &chunks)
        case "incomplete":
            if let reason = response["incomplete_details"]?["reason"]?.string,
                case .failure(let kind) = FinishWord(reason)
            {
                throw LLMError(kind, "the response is incomplete for the reason '\(reason)'")
            }
            addFinish(response, isIncomplete: true, into: &chunks)
        case "cancelled": throw LLMError(.cut, "the response was cancelled at the provider", code: "cancelled")
        case "failed": throw LLMError(.server, "the response failed, and the provider does not say why")
        case nil: return
        case let status?: throw LLMError(.decode, "a response ended with the status '\(status)'")
        }
        isAnswered = true
        finish(into: &chunks)
    }

    private func addFinish(_ response: JSONObject, isIncomplete: Bool, into chunks: inout [StreamedChunk]) {
        if isIncomplete {
            let reason = response["incomplete_details"]?["reason"]?.string ?? "incomplete"
            if hasContradiction {
                chunks.append(StreamedChunk(.nativeFinish, "\(reason), with another text than its deltas"))
            }
            chunks.append(StreamedChunk(.finish, reason))
            return
        }
        let calls: Set = ["function_call", "custom_tool_call"]
        let isCalling =
            items.items.contains { calls.contains($0.type) }
            || (response["output"]?.array ?? []).contains { calls.contains($0["type"]?.string ?? "") }
        // The protocol has no reason of its own for an answer that wants tools called, nor for one whose pieces are not
        // what its end says they were.
        if hasContradiction {
            chunks.append(StreamedChunk(.nativeFinish, "completed, with another text than its deltas"))
        } else if isCalling {
            chunks.append(StreamedChunk(.nativeFinish, "completed"))
        }
        chunks.append(StreamedChunk(.finish, isCalling ? "tool_calls" : "completed"))
    }

    /// Takes what the events before lacked of the whole output.
    private mutating func addOutput(_ output: [JSON], into chunks: inout [StreamedChunk]) throws(LLMError) {
        if case .missed = beginning { return }
        let known = items.positionsByType
        let count = items.items.count
        var ordinals: [String: Int] = [:]
        for case .object(let item) in output {
            let type = item["type"]?.string ?? ""
            let ordinal = ordinals[type, default: 0]
            ordinals[type] = ordinal + 1
            let position = try items.position(ofOutput: item, ordinal: ordinal, among: known[type] ?? [], of: count)
            try endItem(item, at: position, into: &chunks)
        }
    }
}
