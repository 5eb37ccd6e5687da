import LLMStreaming

/// The message that a next turn must send back, in its provider's form, while an answer is joined.
struct AnswerMessage {
    private(set) var json: JSON

    init(_ json: JSON) { self.json = json }

    /// A message with the blocks of the paused turn before it in front of its own.
    static func joined(_ turn: JSON?, _ message: JSON) -> JSON {
        guard let before = turn?["content"]?.array, var object = message.object else { return message }
        object["content"] = .array(before + (object["content"]?.array ?? []))
        return .object(object)
    }

    /// Puts a text in the place of the one that the last attempt brought.
    ///
    /// - Parameter own: what the attempt brought, which the message holds.
    mutating func replaceText(with text: String, own: String) {
        switch json {
        case .object(var message):
            switch message["content"] {
            case .array(let blocks): message["content"] = .array(Self.replaced(blocks, "text", "text", text, own))
            default: message["content"] = .string(text)
            }
            json = .object(message)
        case .array(var items):
            // The output of a response: the message is one of its items.
            let place = items.firstIndex { $0["type"] == "message" }
            var item =
                place.flatMap { items[$0].object }
                ?? JSONObject([.init(key: "type", value: "message"), .init(key: "role", value: "assistant")])
            let parts = item["content"]?.array ?? []
            item["content"] = .array(Self.replaced(parts, "output_text", "text", text, own))
            if let place { items[place] = .object(item) } else { items.append(.object(item)) }
            json = .array(items)
        default: break
        }
    }

    /// Puts a text in the place of the thinking that the last attempt brought, where the message holds thinking.
    mutating func replaceReasoning(with text: String, own: String) {
        guard !text.isEmpty, var object = json.object, case .array(let blocks) = object["content"] else { return }
        object["content"] = .array(Self.replaced(blocks, "thinking", "thinking", text, own))
        json = .object(object)
    }

    /// Blocks in which those of a type hold a text: later ones stay as they are, the first one takes what is more.
    private static func replaced(
        _ blocks: [JSON], _ type: String, _ member: String, _ text: String, _ own: String
    ) -> [JSON] {
        var blocks = blocks
        guard let first = blocks.firstIndex(where: { $0["type"]?.string == type }),
            var block = blocks[first].object
        else {
            // Thinking goes before everything, and text behind thinking.
            let place = type != "thinking" ? blocks.prefix { $0["type"] == "thinking" }.count : 0
            blocks.insert(["type": .string(type), "\(member)": .string(text)], at: place)
            return blocks
        }
        let later = own.unicodeScalars.count - (block[member]?.string ?? "").unicodeScalars.count
        block[member] = .string(String(text.unicodeScalars.dropLast(max(0, later))))
        blocks[first] = .object(block)
        return blocks
    }
}
