/// From the deltas of a chat completion's choices to chunks: texts, reasoning, sound, images and tool calls.
struct ChatDeltas: Sendable {
    /// The halves of characters that wait for their other half.
    var characters = SplitCharacters()
    /// Those of each choice.
    var toolCalls: [ToolCallKeys] = []
    /// How many pieces of sound and images came.
    private var mediaCount = 0
    /// The most of them.
    private static let maximumMedia = 100_000

    /// Appends the chunks of a delta, or of a message in the place of one.
    mutating func addDelta(_ delta: JSONObject, _ choice: Int, into chunks: inout [StreamedChunk]) throws(LLMError) {
        func add(_ kind: StreamedChunk.Kind, _ text: String?) {
            guard let text, !text.isEmpty else { return }
            let joined = characters.joined(text, at: SplitCharacters.Place(kind: kind, choice: choice))
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
            try addToolCall(call, at: position, choice: choice, into: &chunks)
        }
        if let call = delta["function_call"]?.object {
            try addToolCall(["index": 0, "function": .object(call)], at: 0, choice: choice, into: &chunks)
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

    /// Mistral's reasoning models send content as an array.
    static func addPart(_ part: JSON, _ add: (StreamedChunk.Kind, String?) -> Void) {
        add(.text, part.string ?? part["text"]?.string)
        switch part["thinking"] {
        case .string(let text): add(.reasoning, text)
        case .array(let thoughts): for thought in thoughts { add(.reasoning, thought["text"]?.string) }
        default: break
        }
    }

    static func reasoning(of delta: JSONObject) -> String? {
        delta["reasoning_content"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? delta["reasoning"]?.string
    }

    /// A piece of a reasoning detail with the halves of characters joined that its texts were cut at.
    private mutating func join(_ detail: JSON, _ choice: Int) -> JSON {
        guard characters.isMarked || characters.isWaiting, var object = detail.object,
            let index = object["index"]?.int
        else { return detail }
        for (part, name) in ReasoningDetail.piecedMembers.enumerated() {
            guard let text = object[name]?.string else { continue }
            let place = SplitCharacters.Place(kind: .reasoningDetails, choice: choice, item: index, part: part)
            object[name] = .string(characters.joined(text, at: place))
        }
        return .object(object)
    }

    private mutating func addToolCall(
        _ call: JSON, at position: Int, choice: Int, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        while toolCalls.count <= choice { toolCalls.append(ToolCallKeys()) }
        let entry = Self.entry(call, position)
        let item = toolCalls[choice].item(of: entry)
        try add(entry, arguments: entry.arguments, to: item, choice: choice, into: &chunks)
    }

    /// Appends what an entry tells of a call's beginning, and these of its arguments.
    mutating func add(
        _ entry: ToolCallKeys.Entry, arguments: String, to item: Int, choice: Int,
        into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        guard item < ToolCallKeys.maximumCalls else {
            throw LLMError(.decode, "more than \(ToolCallKeys.maximumCalls) tool calls")
        }
        let learnt = toolCalls[choice].learn(entry, of: item)
        if learnt != nil || entry.extraContent != nil {
            var opening = JSONObject()
            if let id = learnt?.id, !id.isEmpty { opening["id"] = .string(id) }
            if let name = learnt?.name, !name.isEmpty { opening["name"] = .string(name) }
            if entry.isCustom { opening["type"] = "custom" }
            opening["extra_content"] = entry.extraContent
            chunks.append(StreamedChunk(.toolCall, JSON.object(opening).text, choice: choice, item: item))
        }
        let place = SplitCharacters.Place(kind: .toolArguments, choice: choice, item: item)
        let text = characters.joined(arguments, at: place)
        guard toolCalls[choice].takes(text, of: item, isCustom: entry.isCustom) else { return }
        chunks.append(StreamedChunk(.toolArguments, text, choice: choice, item: item))
    }

    static func entry(_ call: JSON, _ position: Int) -> ToolCallKeys.Entry {
        let custom = call["custom"]?.object == nil ? nil : call["custom"]
        // Some servers put name and arguments beside the id.
        let function = custom ?? (call["function"]?.object == nil ? call : call["function"])
        var entry = ToolCallKeys.Entry(index: index(call["index"]), position: position)
        if case .number(let id) = call["id"] { entry.id = id } else { entry.id = call["id"]?.string ?? "" }
        entry.name = function?["name"]?.string ?? ""
        entry.arguments = (custom == nil ? function?["arguments"]?.argumentsText : custom?["input"]?.string) ?? ""
        entry.isCustom = custom != nil
        if let extra = call["extra_content"]?.object, !extra.isEmpty { entry.extraContent = .object(extra) }
        return entry
    }

    /// An index, which some servers write as a string.
    static func index(_ value: JSON?) -> Int? { value?.int ?? value?.string.flatMap { Int($0) } }
}
