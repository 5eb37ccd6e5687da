/// How output items begin and end, and the texts that they have.
extension OpenAIResponsesDecoder {
    mutating func openItem(_ item: JSONObject, at position: Int, into chunks: inout [StreamedChunk]) {
        items.learn(item, at: position)
        switch items[position].type {
        case "message", "reasoning", "": break
        case "function_call", "custom_tool_call": openCall(item, at: position, into: &chunks)
        default: chunks.append(StreamedChunk(.block, JSON.object(item).text, item: items[position].number))
        }
    }

    private mutating func openCall(_ item: JSONObject, at position: Int, into chunks: inout [StreamedChunk]) {
        guard !items[position].isOpened, let name = item["name"]?.string, !name.isEmpty else { return }
        items[position].isOpened = true
        var opening = JSONObject()
        opening["id"] = item["call_id"] ?? item["id"]
        opening["name"] = .string(name)
        if item["type"] == "custom_tool_call" { opening["type"] = "custom_tool_call" }
        chunks.append(StreamedChunk(.toolCall, JSON.object(opening).text, item: items[position].number))
    }

    /// Takes a whole item: what of its texts did not come in pieces, and what else a next turn must send back.
    mutating func endItem(_ item: JSONObject, at position: Int, into chunks: inout [StreamedChunk]) throws(LLMError) {
        guard !items[position].isDone else { return }
        items[position].isDone = true
        items.learn(item, at: position)
        var rest = item
        switch items[position].type {
        case "": return
        case "message":
            try addParts(item["content"], as: .outputText, at: position, into: &chunks)
            try addParts(item["content"], as: .refusal, at: position, into: &chunks)
            let annotations = (item["content"]?.array ?? []).flatMap { $0["annotations"]?.array ?? [] }
            if items[position].citationCount == 0, takesWholes(at: position) {
                for annotation in annotations { addCitation(annotation, at: position, into: &chunks) }
            }
            rest["content"] = nil
        case "reasoning":
            try addParts(item["summary"], as: .reasoningSummary, at: position, into: &chunks)
            try addParts(item["content"], as: .reasoningText, at: position, into: &chunks)
            // A long text of one part is not stored twice.
            if items[position].has(.reasoningText), item["content"]?.array?.count == 1 { rest["content"] = nil }
        case "function_call", "custom_tool_call":
            openCall(item, at: position, into: &chunks)
            let form: ResponseTextForm = items[position].type == "function_call" ? .functionArguments : .customInput
            try addWhole(form.text(item[form.wholeMember]), of: form, index: 0, at: position, into: &chunks)
            rest[form.wholeMember] = nil
        default:
            chunks.append(StreamedChunk(.block, JSON.object(item).text, item: items[position].number))
            return
        }
        chunks.append(StreamedChunk(.item, JSON.object(rest).text, item: items[position].number))
    }

    /// Takes what an item's texts of a form have beyond their pieces.
    private mutating func addParts(
        _ parts: JSON?, as form: ResponseTextForm, at position: Int, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        let texts = (parts?.array ?? []).enumerated().compactMap { index, part in
            part[form.wholeMember]?.string.map { (index: index, text: $0) }
        }
        let known = items[position].indices(of: form)
        let told = Set(texts.map(\.index))
        if known.count == 1, let first = texts.first {
            // Pieces without an index are all of one part; the whole may have several.
            let isOfFirst = texts.count == 1 || items[position].remainder(of: first.text, form, known[0]) != nil
            if !isOfFirst {
                try addWhole(texts.map(\.text).joined(), of: form, index: known[0], at: position, into: &chunks)
                return
            }
        }
        if known.count == 1, texts.count == 1 {
            try addWhole(texts[0].text, of: form, index: known[0], at: position, into: &chunks)
        } else if known.allSatisfy(told.contains) {
            for (index, text) in texts { try addWhole(text, of: form, index: index, at: position, into: &chunks) }
        }
    }

    // MARK: Texts

    /// Takes an event that carries a text, or a piece of one; false where it is another event.
    mutating func addText(
        _ type: String, _ event: JSONObject, into chunks: inout [StreamedChunk]
    ) throws(LLMError) -> Bool {
        let isWhole = type.hasSuffix(".done")
        guard isWhole || type.hasSuffix(".delta"),
            let form = ResponseTextForm(rawValue: String(type.dropLast(isWhole ? 5 : 6)))
        else { return false }
        let position = try position(event, isFirst: false)
        let index = event[form.indexMember]?.int ?? 0
        let text = form.text(event[isWhole ? form.wholeMember : "delta"])
        if isWhole {
            try addWhole(text, of: form, index: index, at: position, into: &chunks)
        } else {
            try add(text, of: form, index: index, at: position, into: &chunks)
        }
        if let logprobs = event["logprobs"]?.array, !logprobs.isEmpty, !isWhole {
            chunks.append(StreamedChunk(.logprobs, JSON.array(logprobs).text, item: items[position].number))
        }
        return true
    }

    mutating func add(
        _ text: String, of form: ResponseTextForm, index: Int, at position: Int, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        let text = splitCharacters.joined(text, at: place(form, index, at: position))
        guard !text.isEmpty, try items.add(text, to: form, index: index, at: position) else { return }
        chunks.append(StreamedChunk(form.kind, text, item: items[position].number))
    }

    private func place(_ form: ResponseTextForm, _ index: Int, at position: Int) -> SplitCharacters.Place {
        SplitCharacters.Place(kind: form.kind, item: items[position].number, part: index)
    }

    /// Takes what a whole text has beyond its pieces.
    mutating func addWhole(
        _ text: String, of form: ResponseTextForm, index: Int, at position: Int, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        guard takesWholes(at: position) else { return }
        // A character that waits for its other half is in the whole text.
        _ = splitCharacters.take(at: place(form, index, at: position))
        if let rest = items[position].remainder(of: text, form, index) {
            try add(rest, of: form, index: index, at: position, into: &chunks)
        } else if form == .outputText || form == .refusal, !text.isEmpty {
            hasContradiction = true
        }
    }

    mutating func addCitation(_ annotation: JSON, at position: Int, into chunks: inout [StreamedChunk]) {
        items[position].citationCount += 1
        chunks.append(StreamedChunk(.citation, annotation.text, item: items[position].number))
    }

    /// Whether a text that comes whole cannot be one whose pieces came before this stream began.
    func takesWholes(at position: Int) -> Bool {
        if case .missed = beginning { items[position].hasBegun } else { true }
    }
}
