/// What a next turn must send back, in the form of each dialect.
extension AnswerBuilder {
    func message(_ dialect: Dialect) -> JSON {
        switch dialect {
        case .anthropicMessages: return ["role": "assistant", "content": .array(blocks)]
        case .openAIResponses: return .array(output)
        case .openAIChat:
            var message = JSONObject([.init(key: "role", value: "assistant")])
            let calls = toolCalls
            let (audio, images) = media
            let isElsewhere = !calls.isEmpty || !refusal.isEmpty || audio != nil
            message["content"] = content.isEmpty && isElsewhere ? .null : .string(content)
            message["audio"] = audio
            if !images.isEmpty { message["images"] = .array(images) }
            if !refusal.isEmpty { message["refusal"] = .string(refusal) }
            if !calls.isEmpty { message["tool_calls"] = .array(calls.map(\.json)) }
            if !reasoningDetails.isEmpty { message["reasoning_details"] = .array(reasoningDetails.list.map(\.json)) }
            return .object(message)
        }
    }

    // MARK: - Sound and images of chat

    /// The sound put together from its pieces, and the images.
    private var media: (audio: JSON?, images: [JSON]) {
        var audio: JSONObject?
        var images: [JSON] = []
        var texts = ["transcript": "", "data": ""]
        for case .block(let block) in items.list.lazy.map(\.body) {
            guard block["type"] == "audio", let piece = block.object else {
                images.append(block)
                continue
            }
            for member in piece.members where member.key != "type" {
                if texts[member.key] != nil, let text = member.value.string {
                    texts[member.key]? += text
                } else if !member.value.isNull {
                    audio = audio ?? JSONObject()
                    audio?[member.key] = member.value
                }
            }
        }
        for (name, text) in texts.sorted(by: { $0.key > $1.key }) where !text.isEmpty {
            audio = audio ?? JSONObject()
            audio?[name] = .string(text)
        }
        return (audio.map(JSON.object), images)
    }

    // MARK: - Anthropic's content blocks

    /// The blocks of a message: thinking with its signature.
    private var blocks: [JSON] {
        items.list.sorted { $0.number < $1.number }.map { item in
            switch item.body {
            case .text(let citations):
                var block = JSONObject([
                    .init(key: "type", value: "text"),
                    .init(key: "text", value: .string(Self.text(of: content, item.ranges))),
                ])
                if !citations.isEmpty { block["citations"] = .array(citations) }
                return .object(block)
            case .reasoning(let signature):
                return [
                    "type": "thinking", "thinking": .string(Self.text(of: reasoning, item.ranges)),
                    "signature": .string(signature ?? ""),
                ]
            case .toolCall(var opening, let arguments):
                let text = Self.arguments(opening, arguments)
                opening["input"] = Self.input(text)
                return .object(opening)
            case .block(let block): return block
            }
        }
    }

    /// A tool's input, which must be an object: one that the bound of tokens cut off is told in one, as its text.
    ///
    /// The key is that of "Handling invalid JSON in tool responses" in Anthropic's page on fine-grained tool streaming.
    private static func input(_ arguments: String) -> JSON {
        if let object = (try? JSONParser.parse(arguments))?.object { return .object(object) }
        return ["INVALID_JSON": .string(arguments)]
    }

    // MARK: - OpenAI's output items

    /// The items of a response's output, each as the provider finished it, with its texts.
    private var output: [JSON] {
        let begun = Dictionary(items.list.map { ($0.number, $0) }) { first, _ in first }
        let numbers = Set(begun.keys).union(outputItems.keys).sorted()
        let lastMessage = numbers.last { isMessage(outputItems[$0], begun[$0]) }
        return numbers.map { number in
            outputItem(outputItems[number], begun[number], refusal: number == lastMessage ? refusal : "")
        }
    }

    private func isMessage(_ finished: JSONObject?, _ begun: AnswerItems.Item?) -> Bool {
        if let finished { return finished["type"] == "message" }
        if case .text = begun?.body { return true }
        return false
    }

    private func outputItem(_ finished: JSONObject?, _ begun: AnswerItems.Item?, refusal: String) -> JSON {
        let ranges = begun?.ranges ?? []
        switch begun?.body {
        case .block(let block): return block
        case .toolCall(let opening, let arguments):
            let isCustom = opening["type"] == "custom_tool_call"
            var item = finished ?? JSONObject()
            if finished == nil {
                item["type"] = isCustom ? "custom_tool_call" : "function_call"
                item["call_id"] = opening["id"]
                item["name"] = opening["name"]
            }
            item[isCustom ? "input" : "arguments"] = .string(
                isCustom ? arguments : Self.arguments(opening, arguments))
            return .object(item)
        case .reasoning:
            var item = finished ?? JSONObject(type: "reasoning", "summary", [])
            let isTold = ["summary", "content"].contains { item[$0]?.array?.isEmpty == false }
            if !isTold {
                item["content"] = [["type": "reasoning_text", "text": .string(Self.text(of: reasoning, ranges))]]
            }
            return .object(item)
        case .text(let citations):
            return message(
                finished,
                parts: [
                    [
                        "type": "output_text", "text": .string(Self.text(of: content, ranges)),
                        "annotations": .array(citations),
                    ]
                ], refusal)
        case nil:
            return isMessage(finished, nil) ? message(finished, parts: [], refusal) : .object(finished ?? JSONObject())
        }
    }

    private func message(_ finished: JSONObject?, parts: [JSON], _ refusal: String) -> JSON {
        var item = finished ?? JSONObject(type: "message", "role", "assistant")
        let refused: [JSON] = refusal.isEmpty ? [] : [["type": "refusal", "refusal": .string(refusal)]]
        item["content"] = .array(parts + refused)
        return .object(item)
    }

    private static func text(of whole: String, _ ranges: [Range<Int>]) -> String {
        let bytes = whole.utf8
        return ranges.map { range in
            let start = bytes.index(bytes.startIndex, offsetBy: range.lowerBound)
            return String(whole[start..<bytes.index(start, offsetBy: range.count)])
        }.joined()
    }
}

extension JSONObject {
    /// An item of a type with one more member.
    fileprivate init(type: String, _ key: String, _ value: JSON) {
        self.init([Member(key: "type", value: .string(type)), Member(key: key, value: value)])
    }
}
