import LLMStreaming

/// Lines of batch files (Provider facts, "Batch files"): a body that goes to the provider as it is.
extension JobLineParser {
    /// What such a line says, whoever's form it has.
    private struct BatchLine {
        var id: String?
        var body: JSONObject
        /// The member that holds the body.
        var place: LinePlace
        var dialect: Dialect
        /// The provider that it goes to, where nothing else is said.
        var provider: String
        /// The provider that the line itself names; nil where it names none.
        var named: String?
        /// The endpoint as the line names it; nil where its form names none.
        var url: JSON?
        /// What is kept beside the body and not sent; nil for none.
        var metadata: JSONObject?
        /// What a right answer is; nil where the line does not say.
        var check: JSON?
    }

    func openAIBatch(_ object: JSONObject, _ faults: inout LineFaults) -> ParsedLine? {
        let members = JobLineObject<LineField.OpenAIBatch>(object, at: .line, faults: &faults)
        let id = Self.id(members, .id, alias: .customID, faults: &faults)
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
        let named = members.string(.provider, faults: &faults)
        let metadata = members.object(.metadata, faults: &faults)
        guard let body = members.object(.body, faults: &faults) else { return nil }
        return parsed(
            BatchLine(
                id: id, body: body, place: .body, dialect: BatchURL.dialect(of: url),
                provider: BatchURL.usualProvider(of: url ?? ""), named: named, url: members[.url], metadata: metadata,
                check: members[.check]),
            &faults)
    }

    func mistralBatch(_ object: JSONObject, _ faults: inout LineFaults) -> ParsedLine? {
        let members = JobLineObject<LineField.MistralBatch>(object, at: .line, faults: &faults)
        let id = Self.id(members, .id, alias: .customID, faults: &faults)
        let named = members.string(.provider, faults: &faults)
        let metadata = members.object(.metadata, faults: &faults)
        guard let body = members.object(.body, faults: &faults) else { return nil }
        return parsed(
            BatchLine(
                id: id, body: body, place: .body, dialect: .openAIChat, provider: "mistral", named: named,
                metadata: metadata, check: members[.check]),
            &faults)
    }

    func anthropicBatch(_ object: JSONObject, _ faults: inout LineFaults) -> ParsedLine? {
        let members = JobLineObject<LineField.AnthropicBatch>(object, at: .line, faults: &faults)
        let id = Self.id(members, .id, alias: .customID, faults: &faults)
        let named = members.string(.provider, faults: &faults)
        let metadata = members.object(.metadata, faults: &faults)
        guard let params = members.object(.params, faults: &faults) else { return nil }
        if BatchBodyReader.isOpenAIs(params, isProviderGiven: named != nil || defaults.provider != nil) {
            faults.add(
                "'params' is the form of Anthropic's batches, but holds a request of OpenAI's; its form is "
                    + "{\"custom_id\", \"method\", \"url\", \"body\"}")
            return nil
        }
        return parsed(
            BatchLine(
                id: id, body: params, place: .params, dialect: .anthropicMessages, provider: "anthropic", named: named,
                metadata: metadata, check: members[.check]),
            &faults)
    }

    private func parsed(_ line: BatchLine, _ faults: inout LineFaults) -> ParsedLine? {
        let body = line.body
        if let name = line.named, defaults.catalog[name] == nil {
            faults.add(
                "'provider': unknown provider \(name.quotedName)", nearest: name, among: defaults.catalog.names,
                else: "; known are \(defaults.catalog.names.joined(separator: ", "))")
            return nil
        }
        let namesModel = body["model"].map { !$0.isNull } ?? false
        let server =
            line.named ?? defaults.provider?.name
            ?? (namesModel ? line.provider : defaults.model?.provider ?? line.provider)
        BatchBodyReader.check(body, line.dialect, server: server, at: line.place, faults: &faults)
        guard let model = model(of: line, &faults) else { return nil }
        guard let provider = defaults.catalog[model.provider] else {
            faults.add("the provider '\(model.provider)' is not known; give --provider")
            return nil
        }
        if !provider.speaks(line.dialect) {
            let spoken = Dialect.allCases.filter(provider.speaks).map(\.rawValue).joined(separator: " and ")
            faults.add(
                "'\(line.place.path)' speaks \(line.dialect.rawValue) and cannot go to provider '\(provider.name)', "
                    + "which speaks \(spoken)")
        }
        if let fault = defaults.resume.fault(at: provider, model: model.model, dialect: line.dialect) {
            faults.add("'resume': \(fault)")
        }
        let check = checks.check(line.check, of: .body(body, line.dialect), faults: &faults)
        guard faults.isEmpty else { return nil }
        // The one member that is filled in: a body that leaves its model to --model must be sent with it.
        var sent = body
        if sent["model"]?.string == nil { sent["model"] = .string(model.model) }
        var stored = JSONObject()
        stored["url"] = line.url
        stored[line.place.path] = .object(sent)
        return ParsedLine(
            customID: line.id, model: model, content: .body(sent, line.dialect), members: stored,
            storedMetadata: line.metadata, check: check)
    }

    private func model(of line: BatchLine, _ faults: inout LineFaults) -> ModelName? {
        switch line.body["model"] {
        case .string(let model)? where !model.isEmpty:
            // Verbatim: a slash in it is the provider's own.
            return ModelName(provider: line.named ?? defaults.provider?.name ?? line.provider, model: model)
        case nil, .null?:
            guard let model = defaults.model else {
                faults.add("no model: give 'model' in \(line.place.path), or --model")
                return nil
            }
            return ModelName(provider: line.named ?? model.provider, model: model.model)
        case .string?: faults.add("'model' in \(line.place.path) is empty")
        case let other?: faults.addWrong("model", at: line.place, expected: "a string", found: other)
        }
        return nil
    }
}

/// The endpoints that a line of OpenAI's form may name, in whatever way files write them: Azure's leave the version
/// out, others have a version, a host or a deployment of their own before it.
package enum BatchURL {
    static func isKnown(_ url: String) -> Bool { known(url) != nil }

    /// The dialect of a body for that endpoint; chat where none is named.
    static func dialect(of url: String?) -> Dialect { url.flatMap(known) ?? .openAIChat }

    /// The provider that a body for that endpoint goes to, where nothing else is said.
    package static func usualProvider(of url: String) -> String {
        known(url) == .anthropicMessages ? "anthropic" : "openai"
    }

    /// The dialect of the endpoint that a path ends in; nil where it is not one of ours.
    private static func known(_ url: String) -> Dialect? {
        let steps = url.prefix { $0 != "?" }.split(separator: "/")
        if steps.suffix(2) == ["chat", "completions"] { return .openAIChat }
        return switch steps.last {
        case "responses": .openAIResponses
        case "messages": .anthropicMessages
        default: nil
        }
    }
}
