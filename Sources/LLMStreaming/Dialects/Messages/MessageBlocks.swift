/// The numbers of an answer's content blocks: those of its messages in a row, each from where the one before ended.
///
/// A block is known by its index in its message. Some servers leave the index out or count wrongly: a block that begins
/// where one has ended, or where one of another kind or name stands, is a block of its own.
struct MessageBlocks: Sendable {
    /// The most content blocks of one answer.
    static let maximumCount = 10_000

    fileprivate struct Block {
        let index: Int
        let type: String?
        let id: String?
        var isEnded = false
    }

    /// The number of the open message's first block, and of the next one's.
    private var first = 0
    private(set) var next = 0
    /// The blocks of the open message whose beginning was seen, by number.
    private var begun: [Int: Block] = [:]
    /// The number of the newest block of an index, where it is not the one that the index names.
    private var moved: [Int: Int] = [:]

    /// Whether a block of the open message was seen.
    var isAny: Bool { next > first }

    /// Begins a message.
    mutating func beginMessage() {
        first = next
        begun = [:]
        moved = [:]
    }

    /// The number of the block that begins at an index; a beginning that comes again is of the same one.
    mutating func begin(_ index: Int, _ content: JSON) throws(LLMError) -> Int {
        let block = Block(index: index, type: content["type"]?.string, id: content["id"]?.string)
        var number = try number(of: index)
        if let earlier = begun[number], earlier.isEnded || !block.isRepeated(of: earlier) {
            moved[index] = next
            number = try self.number(of: index)
        }
        if begun[number] == nil { begun[number] = block }
        return number
    }

    /// The number of the block at an index.
    mutating func number(of index: Int) throws(LLMError) -> Int {
        let block = moved.isEmpty ? first &+ index : moved[index] ?? first &+ index
        guard index >= 0, (0..<Self.maximumCount).contains(block) else {
            throw LLMError(.decode, "a block has the index \(index)")
        }
        next = max(next, block + 1)
        return block
    }

    /// The number of the block that ends at an index.
    mutating func end(_ index: Int) throws(LLMError) -> Int {
        let number = try number(of: index)
        begun[number]?.isEnded = true
        return number
    }
}

extension MessageBlocks.Block {
    fileprivate func isRepeated(of other: Self) -> Bool {
        index == other.index && type == other.type && (id == nil || other.id == nil || id == other.id)
    }
}

/// From the content blocks of messages to chunks: how each begins, goes on and ends.
struct BlockContent: Sendable {
    /// The halves of characters that wait for their other half.
    var characters = SplitCharacters()
    private var beginnings = RepeatedBeginnings()

    /// Whether no block began with a text that a piece may say again.
    var hasNoBeginnings: Bool { beginnings.isEmpty }

    /// Takes a block as it begins.
    mutating func begin(_ content: JSON, block: Int, into chunks: inout [StreamedChunk]) {
        switch content["type"]?.string {
        case "text":
            addBeginning(.text, content["text"]?.string, block: block, into: &chunks)
            for citation in content["citations"]?.array ?? [] {
                chunks.add(.citation, citation.text, block: block)
            }
        case "thinking":
            addBeginning(.reasoning, content["thinking"]?.string, block: block, into: &chunks)
            chunks.add(.signature, content["signature"]?.string, block: block)
        case "tool_use", "server_tool_use", "mcp_tool_use":
            chunks.add(.toolCall, content.text, block: block)
        case "fallback":
            chunks.add(.block, content.text, block: block)
            // Another model answers from here on; the message is its.
            if let model = content["to"]?["model"] {
                let response = JSONObject([.init(key: "model", value: model)])
                chunks.add(.response, JSON.object(response).text)
            }
        case nil: break
        default: chunks.add(.block, content.text, block: block)
        }
    }

    /// Takes what a block goes on with.
    mutating func addDelta(_ delta: JSON, block: Int, into chunks: inout [StreamedChunk]) {
        switch delta["type"]?.string {
        case "text_delta": addPiece(.text, delta["text"]?.string, block: block, into: &chunks)
        case "input_json_delta":
            addPiece(.toolArguments, delta["partial_json"]?.argumentsText, block: block, into: &chunks)
        case "thinking_delta": addPiece(.reasoning, delta["thinking"]?.string, block: block, into: &chunks)
        case "signature_delta": chunks.add(.signature, delta["signature"]?.string, block: block)
        case "citations_delta": chunks.add(.citation, delta["citation"]?.text, block: block)
        case "compaction_delta":
            var content = delta.object ?? JSONObject()
            content["type"] = "compaction"
            chunks.add(.block, JSON.object(content).text, block: block)
        default: break
        }
    }

    /// Takes a piece of a block's text, thinking or arguments.
    mutating func addPiece(
        _ kind: StreamedChunk.Kind, _ text: String?, block: Int, into chunks: inout [StreamedChunk]
    ) {
        let joined = characters.joined(text ?? "", at: SplitCharacters.Place(kind: kind, item: block))
        chunks.add(kind, beginnings.rest(of: joined, at: .init(kind: kind, block: block)), block: block)
    }

    /// Takes the text that a block begins with.
    private mutating func addBeginning(
        _ kind: StreamedChunk.Kind, _ text: String?, block: Int, into chunks: inout [StreamedChunk]
    ) {
        let joined = characters.joined(text ?? "", at: SplitCharacters.Place(kind: kind, item: block))
        chunks.add(kind, beginnings.begin(joined, at: .init(kind: kind, block: block)), block: block)
    }

    /// Takes a block's end.
    mutating func end(_ block: Int, into chunks: inout [StreamedChunk]) {
        for kind in [StreamedChunk.Kind.text, .reasoning] {
            chunks.add(kind, beginnings.end(at: .init(kind: kind, block: block)), block: block)
        }
        let texts = [StreamedChunk.Kind.reasoning, .text, .toolArguments]
        characters.flush(at: texts.map { .init(kind: $0, item: block) }, into: &chunks)
    }

    /// Appends what was held back until the end of the answer.
    mutating func finish(into chunks: inout [StreamedChunk]) {
        for place in beginnings.places { chunks.add(place.kind, beginnings.end(at: place), block: place.block) }
        characters.flush(into: &chunks)
    }
}

extension [StreamedChunk] {
    /// Adds a chunk of a block, unless its text is empty.
    mutating func add(_ kind: StreamedChunk.Kind, _ text: String?, block: Int = 0) {
        if let text, !text.isEmpty { append(StreamedChunk(kind, text, item: block)) }
    }
}

/// The texts that content blocks began with, which some servers (MiniMax) say again in the deltas.
///
/// A text that begins with all that its block began with is a repetition, in however many pieces it comes; what turns
/// out to be none is text.
struct RepeatedBeginnings: Sendable {
    /// A text of a block.
    struct Place: Hashable {
        var kind: StreamedChunk.Kind
        var block: Int
    }

    private struct Beginning {
        var text: String
        /// How much of it was said again, in UTF-8.
        var repeatedCount = 0

        var repeatedText: String { String(decoding: text.utf8.prefix(repeatedCount), as: UTF8.self) }
    }

    /// A block's is forgotten as soon as it is clear.
    private var beginnings: [Place: Beginning] = [:]

    var isEmpty: Bool { beginnings.isEmpty }

    /// Takes the text that a block begins with; gives what of it is new.
    mutating func begin(_ text: String, at place: Place) -> String {
        guard !text.isEmpty else { return "" }
        let new = rest(of: text, at: place)
        beginnings[place] = Beginning(text: text)
        return new
    }

    /// What of a piece does not repeat what its block began with.
    mutating func rest(of piece: String, at place: Place) -> String {
        guard let beginning = beginnings[place] else { return piece }
        let left = beginning.text.utf8.dropFirst(beginning.repeatedCount)
        if piece.utf8.count < left.count, left.starts(with: piece.utf8) {
            beginnings[place]?.repeatedCount += piece.utf8.count
            return ""
        }
        beginnings[place] = nil
        if piece.utf8.starts(with: left) { return String(decoding: piece.utf8.dropFirst(left.count), as: UTF8.self) }
        return beginning.repeatedText + piece
    }

    /// Takes the end of a block's text; what was taken for a repetition and did not come whole is text.
    mutating func end(at place: Place) -> String { beginnings.removeValue(forKey: place)?.repeatedText ?? "" }

    /// The texts that have not ended, in order.
    var places: [Place] { beginnings.keys.sorted { ($0.block, $0.kind.rawValue) < ($1.block, $1.kind.rawValue) } }
}
