import ServerSentEvents

/// Decodes the stream of a chat completion as OpenAI and everybody compatible with it send it (WIRE.md 2).
package struct OpenAIChatDecoder: Sendable {
    private let expectedChoices: Int
    private let omitsFinishReason: Bool
    private var choices = ChoiceStates()
    private var toolCalls: [ToolCallKeys] = []
    /// How many pieces of sound and images came.
    private var mediaCount = 0
    /// The most of them.
    private static let maximumMedia = 100_000
    /// What the response has not said of itself: Azure's first chunk has neither (WIRE.md 2), so the first that is not
    /// empty counts.
    private var unknownNames = ["id", "model"]
    /// The service tier that was told last.
    private var serviceTier: String?
    /// Cumulative usage may ride on every chunk; it is held until it is the last.
    private var usage: JSONObject?
    private var lastEvent = RepeatedEvent()
    private var splitCharacters = SplitCharacters()
    /// Messages that came whole behind pieces of them, with the numbers of their choices.
    private var wholes: [(choice: Int, message: JSONObject)] = []
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

    /// Takes the orderly end of the body; one that cuts the last event is none.
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
        if unknownNames.isEmpty, !splitCharacters.isWaiting, event.type == "message",
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
        guard let found = OpenAIChatFastPath.chunk(of: bytes, tier: serviceTier, isOpen: choices.isFlowing) else {
            return nil
        }
        lastEvent.keep(bytes, found.chunk, text: found.text)
        return found.chunk
    }

    /// Decodes an event without the short cuts of the hot path.
    mutating func decodeFully(_ event: ServerSentEvent, into chunks: inout [StreamedChunk]) throws(LLMError) {
        if event.isDone {
            isDone = true
            if isAnswered { splitCharacters.flush(into: &chunks) }
            flushUsage(into: &chunks)
            return
        }
        let start = chunks.count
        let objects = try event.objects(marking: &splitCharacters)
        defer { splitCharacters.endEvent(&chunks, from: start) }
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
        splitCharacters.isMarked = value.hasHalves
        defer { splitCharacters.endEvent(&chunks, from: start) }
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
        if let report = Self.usage(of: object).map(splitCharacters.cleaned) {
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
        if isAnswered { splitCharacters.flush(into: &chunks) }
        flushUsage(into: &chunks)
    }

    /// Whether a text stops within a character.
    var isWithinCharacter: Bool { splitCharacters.isWaiting }

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

    /// - Parameter isWhole: whether a message here may be all of an answer whose pieces came before; nil for a document,
    ///   before which nothing came.
    private mutating func addChoice(
        _ choice: JSONObject, into chunks: inout [StreamedChunk], isWhole: Bool?
    ) throws(LLMError) {
        let index = Self.index(choice["index"]) ?? 0
        guard (0..<StreamingAccumulator.maximumChoices).contains(index) else {
            throw LLMError(.decode, "a choice has the index \(index)")
        }
        choices.begin(index)
        let count = chunks.count
        if let delta = choice["delta"]?.object {
            try addDelta(delta, index, into: &chunks)
            if chunks.count > count { choices.noteDelta(index) }
        }
        if let message = choice["message"]?.object {
            if let isWhole, isWhole || choices.hasDeltas(index) {
                wholes.append((index, splitCharacters.cleaned(message)))
            } else {
                try addDelta(message, index, into: &chunks)
            }
        } else if choice["delta"]?.object == nil, let text = choice["text"]?.string {
            // A server of the older interface; Together has the same text in its delta too.
            try addDelta(JSONObject([.init(key: "content", value: .string(text))]), index, into: &chunks)
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
        for error in [choice["error"], choice["delta"]?["error"]] {
            let object = JSONObject([.init(key: "error", value: error ?? .null)])
            if let error = ErrorClassifier.inBand(object, isBare: false) { throw error }
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
            guard let text, !text.isEmpty else { return }
            let joined = splitCharacters.joined(text, at: SplitCharacters.Place(kind: kind, choice: choice))
            if !joined.isEmpty { chunks.append(StreamedChunk(kind, joined, choice: choice)) }
        }
        // The same text may come under both names; it is one text.
        add(.reasoning, Self.reasoning(of: delta))
        if let details = delta["reasoning_details"]?.array, !details.isEmpty {
            let joined = details.map { join($0, choice) }
            chunks.append(StreamedChunk(.reasoningDetails, JSON.array(joined).text, choice: choice))
        }
        switch delta["content"] {
        case .string(let text): add(.text, text)
        case .array(let parts): for part in parts { Self.addPart(part, add) }
        default: break
        }
        add(.refusal, delta["refusal"]?.string)
        for annotation in delta["annotations"]?.array ?? [] { add(.citation, annotation.text) }
        try addMedia(of: delta, choice, into: &chunks)
        let called = delta["tool_calls"]
        for (position, call) in (called?.array ?? (called?.object == nil ? [] : [called ?? .null])).enumerated() {
            try addToolCall(call, position, choice, into: &chunks)
        }
        if let call = delta["function_call"]?.object {
            try addToolCall(["index": 0, "function": .object(call)], 0, choice, into: &chunks)
        }
    }

    /// Adds sound (OpenAI) and images (OpenRouter), piece by piece as they come.
    private mutating func addMedia(
        of delta: JSONObject, _ choice: Int, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        var media = (delta["images"]?.array ?? []).filter { $0.object?.isEmpty == false }
        if var audio = delta["audio"]?.object, !audio.isEmpty {
            audio["type"] = "audio"
            media.append(.object(audio))
        }
        for piece in media {
            guard mediaCount < Self.maximumMedia else {
                throw LLMError(.decode, "more than \(Self.maximumMedia) pieces of sound or images")
            }
            chunks.append(StreamedChunk(.block, piece.text, choice: choice, item: mediaCount))
            mediaCount += 1
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

    private static func reasoning(of delta: JSONObject) -> String? {
        delta["reasoning_content"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? delta["reasoning"]?.string
    }

    /// A piece of a reasoning detail with the halves of characters joined that its texts were cut at.
    private mutating func join(_ detail: JSON, _ choice: Int) -> JSON {
        guard splitCharacters.isMarked || splitCharacters.isWaiting, var object = detail.object,
            let index = object["index"]?.int
        else { return detail }
        for (part, name) in ReasoningDetail.piecedMembers.enumerated() {
            guard let text = object[name]?.string else { continue }
            let place = SplitCharacters.Place(kind: .reasoningDetails, choice: choice, item: index, part: part)
            object[name] = .string(splitCharacters.joined(text, at: place))
        }
        return .object(object)
    }

    private mutating func addToolCall(
        _ call: JSON, _ position: Int, _ choice: Int, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        while toolCalls.count <= choice { toolCalls.append(ToolCallKeys()) }
        let entry = Self.entry(call, position)
        let item = toolCalls[choice].item(of: entry)
        try add(entry, entry.arguments, to: item, choice, into: &chunks)
    }

    private mutating func add(
        _ entry: ToolCallKeys.Entry, _ arguments: String, to item: Int, _ choice: Int,
        into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        guard item < ToolCallKeys.maximumCalls else {
            throw LLMError(.decode, "more than \(ToolCallKeys.maximumCalls) tool calls")
        }
        if let (id, name) = toolCalls[choice].learn(entry, of: item) {
            var opening = JSONObject()
            if !id.isEmpty { opening["id"] = .string(id) }
            if !name.isEmpty { opening["name"] = .string(name) }
            chunks.append(StreamedChunk(.toolCall, JSON.object(opening).text, choice: choice, item: item))
        }
        let place = SplitCharacters.Place(kind: .toolArguments, choice: choice, item: item)
        let text = splitCharacters.joined(arguments, at: place)
        guard toolCalls[choice].takes(text, of: item) else { return }
        chunks.append(StreamedChunk(.toolArguments, text, choice: choice, item: item))
    }

    private static func entry(_ call: JSON, _ position: Int) -> ToolCallKeys.Entry {
        // Some servers put name and arguments beside the id.
        let function = call["function"]?.object == nil ? call : call["function"]
        var entry = ToolCallKeys.Entry(index: index(call["index"]), position: position)
        if case .number(let id) = call["id"] { entry.id = id } else { entry.id = call["id"]?.string ?? "" }
        entry.name = function?["name"]?.string ?? ""
        entry.arguments = function?["arguments"]?.argumentsText ?? ""
        return entry
    }

    /// An index, which some servers write as a string.
    private static func index(_ value: JSON?) -> Int? { value?.int ?? value?.string.flatMap { Int($0) } }
}

// MARK: - Messages that come whole

extension OpenAIChatDecoder {
    /// Adds what the pieces before lacked of messages that came whole at the end of a stream.
    ///
    /// Where one contradicts its pieces, these count.
    /// - Parameter answer: all that came, the chunks of the last event included.
    mutating func addWholes(
        after answer: StreamingAccumulator, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        let messages = wholes
        wholes = []
        for (choice, message) in messages {
            let start = chunks.count
            try addWhole(message, choice, after: answer, into: &chunks)
            // Its reason came before what the same event added.
            if chunks.count > start, let reason = choices.reason(choice) {
                chunks.append(StreamedChunk(.finish, reason, choice: choice))
            }
        }
    }

    private mutating func addWhole(
        _ message: JSONObject, _ choice: Int, after answer: StreamingAccumulator, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        let came = answer.answer(choice)
        // A server that sends no deltas may send its pieces as messages.
        let isPiece = !choices.hasDeltas(choice) && !came.isEmpty && !Self.isWhole(message, of: came)
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
        _ = splitCharacters.take { $0.choice == choice }
        try addDelta(rest, choice, into: &chunks)
        while toolCalls.count <= choice { toolCalls.append(ToolCallKeys()) }
        var calls = message["tool_calls"]?.array ?? []
        if calls.isEmpty, let call = message["function_call"]?.object { calls = [["function": .object(call)]] }
        let entries = calls.enumerated().map { Self.entry($1, $0) }
        for (entry, place) in zip(entries, toolCalls[choice].items(ofWhole: entries)) {
            try add(entry, place.lacking, to: place.item, choice, into: &chunks)
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
