import ServerSentEvents

/// Decodes the stream of Anthropic's Messages (Provider facts, "Messages streams").
///
/// A further message may follow the first one's end in the same stream; its blocks are numbered on, and the answer is
/// all of them. A message that begins while another one is open is the retry of a router that lost its upstream: with
/// the same id it is a repeated event and ignored, with another id the stream is no answer. After `message_stop`
/// nothing but a further message counts.
///
/// A paused turn (`pause_turn`) is not a complete answer but an error of kind `cut` that no retry mends, since the same
/// request pauses again: the message so far must be sent back (strategy `turn`).
package struct AnthropicMessagesDecoder: Sendable {
    private enum State {
        case awaiting
        case open(id: String)
        case stopped
    }

    private var state: State
    private var blocks = MessageBlocks()
    /// The open or last message's stop reason; nil again where content came behind it.
    private var stopReason: String?
    private var content = BlockContent()

    /// - Parameter isContinued: whether the stream begins in the middle of a message.
    init(isContinued: Bool = false) { state = isContinued ? .open(id: "") : .awaiting }

    /// Whether the last message has stopped, and said anything: a block or why it stopped.
    package var isAnswered: Bool {
        if case .stopped = state { stopReason != nil || blocks.isAny } else { false }
    }

    /// Whether a message that has not stopped has said why it stopped, so that only its end is missing.
    var hasStopReason: Bool {
        if case .open = state { stopReason != nil } else { false }
    }

    /// The same, asked without a copy.
    mutating func tellAnswered() -> Bool { isAnswered }
    mutating func tellStopReason() -> Bool { hasStopReason }

    /// Takes the orderly end of the body: translating proxies leave `message_stop` out.
    mutating func endBody() throws(LLMError) {
        if hasStopReason { try stop() }
    }

    mutating func decode(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) {
        if case .stopped = state {
            let start = chunks.count
            defer { content.characters.endEvent(&chunks, from: start) }
            for object in (try? event.objects(marking: &content.characters)) ?? [] {
                try decode(object, named: event.type, into: &chunks)
            }
        } else if stopReason == nil, !content.characters.isWaiting,
            event.type == "content_block_delta" || event.type == "message",
            let delta = AnthropicFastPath.delta(in: event.data.span)
        {
            let block = try blocks.number(of: delta.index)
            if content.hasNoBeginnings {
                chunks.add(delta.kind, delta.text, block: block)
            } else {
                content.addPiece(delta.kind, delta.text, block: block, into: &chunks)
            }
        } else {
            try decodeFully(event, into: &chunks)
        }
    }

    /// Decodes an event of a message that has not stopped, without the short cut of the hot path.
    mutating func decodeFully(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) {
        // Proxies that translate from chat close so.
        if event.isDone { return try endBody() }
        let start = chunks.count
        let objects = try event.objects(marking: &content.characters)
        defer { content.characters.endEvent(&chunks, from: start) }
        for object in objects { try decode(object, named: event.type, into: &chunks) }
    }

    /// Decodes one of several objects of a body that is no event stream.
    mutating func decode(_ value: DocumentValues.Value, into chunks: inout [StreamedChunk]) throws(LLMError) {
        let start = chunks.count
        content.characters.isMarked = value.hasHalves
        defer { content.characters.endEvent(&chunks, from: start) }
        try decode(value.object, named: "message", into: &chunks)
    }

    /// Decodes an event's object.
    mutating func decode(
        _ object: JSONObject, named name: String, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        if case .stopped = state, object["type"] != "message_start" { return }
        let count = chunks.count
        switch object["type"]?.string ?? name {
        case "error": throw ErrorClassifier.inBand(.object(object))
        case "message_start": try startMessage(object["message"] ?? .null, into: &chunks)
        case "content_block_start":
            let block = object["content_block"] ?? .null
            let number = try blocks.begin(object["index"]?.int ?? 0, block)
            content.begin(block, block: number, into: &chunks)
            reopen(chunks[count...])
        case "content_block_delta":
            let block = try blocks.number(of: object["index"]?.int ?? 0)
            content.addDelta(object["delta"] ?? .null, block: block, into: &chunks)
            reopen(chunks[count...])
        case "content_block_stop": content.end(try blocks.end(object["index"]?.int ?? 0), into: &chunks)
        case "message_delta":
            addUsage(object["usage"] ?? object["delta"]?["usage"], into: &chunks)
            try addStopReason(of: object["delta"] ?? .null, into: &chunks)
        case "message_stop":
            addUsage(object["usage"], into: &chunks)
            // Told as what it is: not every answer that stops so is whole.
            if case .open = state, stopReason == nil, blocks.isAny {
                chunks.add(.finish, "message_stop")
            }
            try stop()
            finish(into: &chunks)
        default:
            // Unknown types must be ignored; an error in another form comes from compatible servers.
            if let error = ErrorClassifier.inBand(object, isBare: true) { throw error }
        }
    }

    /// A whole message that came as one JSON document.
    mutating func decodeWhole(_ json: JSON, into chunks: inout [StreamedChunk]) throws(LLMError) {
        if json["type"] == "error" { throw ErrorClassifier.inBand(json) }
        if let object = json.object, let error = ErrorClassifier.inBand(object, isBare: true) { throw error }
        guard json["content"]?.array != nil else {
            throw LLMError(.decode, "a message has no content: \(json.text.prefix(200))")
        }
        try startMessage(json, into: &chunks)
        if stopReason != nil { try stop() }
    }

    /// Appends what was held back until the end.
    mutating func finish(into chunks: inout [StreamedChunk]) {
        if isAnswered { content.finish(into: &chunks) }
    }

    /// Whether a text stops within a character.
    var isWithinCharacter: Bool { content.characters.isWaiting }

    private func addUsage(_ usage: JSON?, into chunks: inout [StreamedChunk]) {
        chunks.add(.usage, usage?.object.map { JSON.object($0).text })
    }

    private mutating func startMessage(_ message: JSON, into chunks: inout [StreamedChunk]) throws(LLMError) {
        let id = message["id"]?.string ?? ""
        switch state {
        case .open(let openID):
            if id == openID || id.isEmpty || openID.isEmpty { return }
            throw LLMError(.decode, "message '\(id)' began while message '\(openID)' was open")
        case .awaiting:
            var response = JSONObject()
            response["id"] = message["id"]
            response["model"] = message["model"]
            if !response.isEmpty { chunks.add(.response, JSON.object(response).text) }
        case .stopped: break
        }
        state = .open(id: id)
        blocks.beginMessage()
        stopReason = nil
        addUsage(Self.beginningUsage(of: message), into: &chunks)
        // Whole messages and those that a container asked for come with their content and its end.
        for (index, block) in (message["content"]?.array ?? []).enumerated() {
            content.begin(block, block: try blocks.begin(index, block), into: &chunks)
        }
        try addStopReason(of: message, into: &chunks)
    }

    /// What a message says of its tokens where it begins: of its output it cannot know, and the small number that
    /// stands there is none of the answer's, unless the message came whole.
    private static func beginningUsage(of message: JSON) -> JSON? {
        guard message["stop_reason"]?.string == nil, var usage = message["usage"]?.object else {
            return message["usage"]
        }
        for name in ["output_tokens", "completion_tokens", "total_tokens"] { usage[name] = nil }
        return .object(usage)
    }

    /// What was said of the message's end is not so where it goes on.
    private mutating func reopen(_ chunks: ArraySlice<StreamedChunk>) {
        if stopReason != nil, chunks.contains(where: \.isWritten) { stopReason = nil }
    }

    /// Takes why a message stopped, and the details of a refusal: whole as its native reason, and in words.
    private mutating func addStopReason(of end: JSON, into chunks: inout [StreamedChunk]) throws(LLMError) {
        guard let reason = end["stop_reason"]?.string else { return }
        switch FinishWord(reason) {
        case .none: return
        case .failure(let kind): throw LLMError(kind, "the message ended with stop reason '\(reason)'")
        case .reason: stopReason = reason
        }
        if let details = end["stop_details"]?.object {
            chunks.add(.nativeFinish, JSON.object(details).text)
            if reason == "refusal" {
                chunks.add(.refusal, details["explanation"]?.string ?? details["category"]?.string)
            }
        }
        chunks.add(.finish, reason)
    }

    private mutating func stop() throws(LLMError) {
        guard case .open = state else { return }
        if stopReason == "pause_turn" {
            throw LLMError(
                .cut, "the provider paused its turn (pause_turn); sent back as it is, the turn goes on",
                code: "pause_turn", shouldRetry: false)
        }
        state = .stopped
    }
}

/// The hot path of Messages streams: `content_block_delta` with a piece of text, thinking or tool arguments, in the
/// order of members that Anthropic writes.
///
/// Any other order or member makes it give up (nil), and the full decoder looks.
enum AnthropicFastPath {
    /// The piece and the index of its block.
    static func delta(in bytes: Span<UInt8>) -> (index: Int, kind: StreamedChunk.Kind, text: String)? {
        var scanner = JSONScanner()
        guard scanner.take(UInt8(ascii: "{"), in: bytes), key("type", &scanner, bytes),
            let (type, _) = scanner.rawString(in: bytes), JSONScanner.equals(type, "content_block_delta", in: bytes),
            scanner.take(UInt8(ascii: ","), in: bytes), key("index", &scanner, bytes),
            let index = scanner.integer(in: bytes), scanner.take(UInt8(ascii: ","), in: bytes),
            key("delta", &scanner, bytes), scanner.take(UInt8(ascii: "{"), in: bytes), key("type", &scanner, bytes),
            let (deltaType, _) = scanner.rawString(in: bytes),
            let (kind, name) = piece(deltaType, bytes), scanner.take(UInt8(ascii: ","), in: bytes),
            key(name, &scanner, bytes), let text = scanner.string(in: bytes),
            scanner.take(UInt8(ascii: "}"), in: bytes), scanner.take(UInt8(ascii: "}"), in: bytes),
            scanner.peek(in: bytes) == nil
        else { return nil }
        return (index, kind, text)
    }

    private static func piece(
        _ type: Range<Int>, _ bytes: Span<UInt8>
    ) -> (kind: StreamedChunk.Kind, member: StaticString)? {
        if JSONScanner.equals(type, "text_delta", in: bytes) { return (.text, "text") }
        if JSONScanner.equals(type, "thinking_delta", in: bytes) { return (.reasoning, "thinking") }
        if JSONScanner.equals(type, "input_json_delta", in: bytes) { return (.toolArguments, "partial_json") }
        return nil
    }

    private static func key(_ name: StaticString, _ scanner: inout JSONScanner, _ bytes: Span<UInt8>) -> Bool {
        guard let (range, _) = scanner.rawString(in: bytes) else { return false }
        return JSONScanner.equals(range, name, in: bytes) && scanner.take(UInt8(ascii: ":"), in: bytes)
    }
}
