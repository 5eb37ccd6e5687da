import LLMStreaming

/// From the bytes of a job line to a job, or to all that is wrong with it (SPEC 3).
package struct JobLineParser: Sendable {
    package let defaults: InputDefaults

    package init(defaults: InputDefaults) { self.defaults = defaults }

    /// Reads one line.
    ///
    /// - Parameter line: its bytes without the line end.
    /// - Throws: all faults of the line.
    package func parse(_ line: [UInt8]) throws(LineFaults) -> ParsedLine {
        var faults = LineFaults()
        guard let object = Self.object(line, faults: &faults) else { throw faults }
        let result =
            switch JobLineShape(object) {
            case .native: native(object, &faults)
            case .openAIBatch: openAIBatch(object, &faults)
            case .anthropicBatch: anthropicBatch(object, &faults)
            case .mistralBatch: mistralBatch(object, &faults)
            case .batchDocument: document(&faults)
            }
        guard let result, faults.isEmpty else { throw faults }
        return result
    }

    private static func object(_ line: [UInt8], faults: inout LineFaults) -> JSONObject? {
        if let fault = TextFault(line) {
            faults.add(fault.description)
            return nil
        }
        do throws(JSONParser.Failure) {
            let value = try JSONParser.parse(line)
            if case .object(let object) = value { return object }
            let hint = value.array == nil ? "" : "; jq -c '.[]' makes a line of each of its elements"
            faults.add("a job line must be a JSON object, not \(value.typeName)\(hint)")
        } catch {
            faults.add("not JSON: \(error)")
        }
        return nil
    }

    /// A document that was not cut into its requests, since it is not all of its file or does not begin with them.
    private func document(_ faults: inout LineFaults) -> ParsedLine? {
        faults.add(
            "a batch as one document must be alone in its file and be {\"requests\": [...]}, without another member")
        return nil
    }

    // MARK: - Native lines

    private func native(_ object: JSONObject, _ faults: inout LineFaults) -> ParsedLine? {
        let members = KnownMembers<LineField.Native>(object, at: .line, faults: &faults)
        let id = Self.id(members, .id, .customID, &faults)
        let metadata = members.object(.metadata, faults: &faults)
        let model = nativeModel(members, &faults)
        let request = NativeReader.request(members, faults: &faults)
        guard let model, let provider = defaults.catalog[model.provider] else { return nil }
        ProviderCheck.check(request.content, model, provider, faults: &faults)
        let dialect = request.content.dialect(at: provider)
        if let fault = (request.resume ?? defaults.resume).fault(at: provider, model: model.model, dialect: dialect) {
            faults.add("'resume': \(fault)")
        }
        guard faults.isEmpty else { return nil }
        return ParsedLine(
            customID: id, model: model, content: request.content, members: object, storedMetadata: metadata)
    }

    private func nativeModel(_ members: KnownMembers<LineField.Native>, _ faults: inout LineFaults) -> ModelName? {
        guard members[.model] != nil else {
            if defaults.model == nil { faults.add("no model: give 'model' in the line, or --model") }
            return defaults.model
        }
        guard let text = members.string(.model, faults: &faults) else { return nil }
        if defaults.addUnknownProvider(of: text, to: &faults) { return nil }
        do throws(ConfigurationError) {
            return try defaults.resolve(text)
        } catch {
            faults.add("'model': \(error)")
            return nil
        }
    }

    /// The line's own id, under either of its names; kept in the faults too, for the search for duplicates.
    private static func id<Field: FieldName>(
        _ members: KnownMembers<Field>, _ name: Field, _ alias: Field, _ faults: inout LineFaults
    ) -> String? {
        if members[name] != nil, members[alias] != nil {
            faults.add("both '\(name.rawValue)' and '\(alias.rawValue)' are given; give one of them")
        }
        let field = members[name] != nil ? name : alias
        guard let id = members.string(field, faults: &faults) else { return nil }
        let length = id.unicodeScalars.count
        guard (1...256).contains(length) else {
            faults.add("'\(field.rawValue)' must have 1 to 256 characters, not \(length.grouped)")
            return nil
        }
        faults.customID = id
        return id
    }

    // MARK: - Batch lines

    private func openAIBatch(_ object: JSONObject, _ faults: inout LineFaults) -> ParsedLine? {
        let members = KnownMembers<LineField.OpenAIBatch>(object, at: .line, faults: &faults)
        let id = Self.id(members, .id, .customID, &faults)
        if let method = members.string(.method, faults: &faults), method.uppercased() != "POST" {
            faults.add("'method' must be 'POST', not \(method.quotedName)")
        }
        let url = members.string(.url, faults: &faults)
        if let url, !BatchURL.isKnown(url) {
            faults.add(
                "'url': \(url.quotedName) is not available; /v1/chat/completions, /v1/responses and /v1/messages are")
            // What a body for another endpoint must hold is not known.
            return nil
        }
        if members[.body] == nil { faults.add("'body' is missing") }
        guard let body = members.object(.body, faults: &faults) else { return nil }
        return batch(
            body, .body, dialect: BatchURL.dialect(of: url), providerName: BatchURL.usualProvider(of: url ?? ""),
            object, id, &faults)
    }

    private func mistralBatch(_ object: JSONObject, _ faults: inout LineFaults) -> ParsedLine? {
        let members = KnownMembers<LineField.MistralBatch>(object, at: .line, faults: &faults)
        let id = Self.id(members, .id, .customID, &faults)
        guard let body = members.object(.body, faults: &faults) else { return nil }
        return batch(body, .body, dialect: .openAIChat, providerName: "mistral", object, id, &faults)
    }

    private func anthropicBatch(_ object: JSONObject, _ faults: inout LineFaults) -> ParsedLine? {
        let members = KnownMembers<LineField.AnthropicBatch>(object, at: .line, faults: &faults)
        let id = Self.id(members, .id, .customID, &faults)
        guard let params = members.object(.params, faults: &faults) else { return nil }
        if BatchBodyReader.isOpenAIs(params, isProviderGiven: defaults.provider != nil) {
            faults.add(
                "'params' is the form of Anthropic's batches, but holds a request of OpenAI's; its form is "
                    + "{\"custom_id\", \"method\", \"url\", \"body\"}")
            return nil
        }
        return batch(params, .params, dialect: .anthropicMessages, providerName: "anthropic", object, id, &faults)
    }

    /// A line whose body goes to the provider as it is; `place` is the member that holds it.
    private func batch(
        _ body: JSONObject, _ place: LinePlace, dialect: Dialect, providerName: String, _ object: JSONObject,
        _ id: String?, _ faults: inout LineFaults
    ) -> ParsedLine? {
        let isModelTold = body["model"].map { !$0.isNull } ?? false
        let server = defaults.provider?.name ?? (isModelTold ? providerName : defaults.model?.provider ?? providerName)
        BatchBodyReader.check(body, dialect, server: server, at: place, faults: &faults)
        guard let model = batchModel(body, place, providerName, &faults) else { return nil }
        guard let provider = defaults.catalog[model.provider] else {
            faults.add("the provider '\(model.provider)' is not known; give --provider")
            return nil
        }
        if !provider.speaks(dialect) {
            let spoken = Dialect.allCases.filter(provider.speaks).map(\.rawValue).joined(separator: " and ")
            faults.add(
                "'\(place.path)' speaks \(dialect.rawValue) and cannot go to provider '\(provider.name)', "
                    + "which speaks \(spoken)")
        }
        if let fault = defaults.resume.fault(at: provider, model: model.model, dialect: dialect) {
            faults.add("'resume': \(fault)")
        }
        guard faults.isEmpty else { return nil }
        // The one member that is filled in: a body that leaves its model to --model must be sent with it.
        var sent = body
        if sent["model"]?.string == nil { sent["model"] = .string(model.model) }
        var stored = JSONObject()
        stored["url"] = object["url"]
        stored[place.path] = .object(sent)
        return ParsedLine(customID: id, model: model, content: .body(sent, dialect), members: stored)
    }

    private func batchModel(
        _ body: JSONObject, _ place: LinePlace, _ providerName: String, _ faults: inout LineFaults
    ) -> ModelName? {
        switch body["model"] {
        case .string(let model)? where !model.isEmpty:
            // Verbatim: a slash in it is the provider's own.
            return ModelName(provider: defaults.provider?.name ?? providerName, model: model)
        case nil, .null?:
            if defaults.model == nil { faults.add("no model: give 'model' in \(place.path), or --model") }
            return defaults.model
        case .string?: faults.add("'model' in \(place.path) is empty")
        case let other?: faults.addWrong("model", at: place, expected: "a string", found: other)
        }
        return nil
    }
}
