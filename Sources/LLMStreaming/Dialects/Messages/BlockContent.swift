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
