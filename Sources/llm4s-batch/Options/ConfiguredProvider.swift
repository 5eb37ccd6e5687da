import LLMStreaming

/// A provider of the configuration file: the fields given, over those of a built-in one of the same name.
struct ConfiguredProvider {
    var provider: Provider

    init(name: String, json: JSON, base: Provider?) throws(ConfigurationError) {
        guard let object = json.object else {
            throw ConfigurationError("provider '\(name)' must be an object")
        }
        guard !name.isEmpty, !name.contains("/") else {
            throw ConfigurationError("'\(name)' cannot be a provider's name: it is what stands before the first '/'")
        }
        provider = base ?? Provider(name: name, needsKey: false)
        for member in object.members {
            func string() throws(ConfigurationError) -> String {
                guard let text = member.value.string, !text.isEmpty else {
                    throw ConfigFile.wrongType("\(name).\(member.key)", "a non-empty string")
                }
                return text
            }
            func choice<Value: RawRepresentable & CaseIterable>(
                _ type: Value.Type
            ) throws(ConfigurationError) -> Value where Value.RawValue == String {
                let text = try string()
                guard let value = Value(rawValue: text) else {
                    let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ConfigurationError("\(name).\(member.key): '\(text)' is not one of \(known)")
                }
                return value
            }
            func positive(_ bounds: ClosedRange<Int>) throws(ConfigurationError) -> Int {
                guard let value = member.value.int, value >= 1 else {
                    throw ConfigurationError("\(name).\(member.key) must be at least 1, not \(member.value.text)")
                }
                guard bounds.contains(value) else {
                    throw ConfigurationError("\(name).\(member.key) must be at most \(bounds.upperBound), not \(value)")
                }
                return value
            }
            switch member.key {
            case "dialect":
                provider.dialect = try choice(Dialect.self)
                provider.otherDialects = []
            case "base_url": try setURLs(name, member.value)
            case "weights": try setWeights(name, member.value)
            case "api_key_env": try setKeys(name, member.value)
            case "auth":
                provider.authorization = try choice(Provider.Authorization.self)
                if provider.authorization == .none { provider.needsKey = false }
            case "stream_options": try setStreamOptions(name, member.value)
            case "concurrency": provider.concurrency = try positive(FlagBounds.streams)
            case "rpm": provider.requestsPerMinute = try positive(FlagBounds.counts)
            case "tpm": provider.tokensPerMinute = try positive(FlagBounds.counts)
            case "omits_finish_reason":
                guard let value = member.value.bool else {
                    throw ConfigFile.wrongType("\(name).omits_finish_reason", "true or false")
                }
                provider.omitsFinishReason = value
            case "headers": try addHeaders(name, member.value)
            case "resume": try setResume(name, try string())
            default:
                throw ConfigurationError(
                    "provider '\(name)': \(ConfigFile.unknown(member.key, known: ConfigSchema.providerKeys))")
            }
        }
        if provider.dialect == .anthropicMessages, !provider.headers.contains(where: Self.isVersion) {
            provider.headers.append(HeaderField("anthropic-version", "2023-06-01"))
        }
    }

    /// What stands here is certain: the user knows the server.
    private mutating func setResume(_ name: String, _ word: String) throws(ConfigurationError) {
        provider.isResumeCertain = true
        provider.replay = nil
        provider.modelResume = nil
        switch word {
        case "conversation-replay":
            // Only llama.cpp has it, and continues a last assistant message too.
            (provider.replay, provider.keepsStreams, provider.resume) = (.conversation, true, .assistant)
        case "responses-replay": (provider.replay, provider.keepsStreams, provider.resume) = (.response, true, .none)
        default:
            guard let capability = Provider.ResumeCapability(rawValue: word) else {
                let known =
                    Provider.ResumeCapability.allCases.map(\.rawValue) + ["responses-replay", "conversation-replay"]
                throw ConfigurationError(
                    "\(name).resume: '\(word)' is not one of \(known.joined(separator: ", "))")
            }
            provider.resume = capability
        }
    }

    /// False: none are sent, for servers that refuse the member.
    private mutating func setStreamOptions(_ name: String, _ json: JSON) throws(ConfigurationError) {
        guard case .bool(let areSent) = json else {
            throw ConfigFile.wrongType("\(name).stream_options", "true or false")
        }
        if !areSent { (provider.streamOptions, provider.responsesStreamOptions) = (JSONObject(), JSONObject()) }
    }

    private static func isVersion(_ field: HeaderField) -> Bool {
        field.name.lowercased() == "anthropic-version"
    }

    private mutating func addHeaders(_ name: String, _ json: JSON) throws(ConfigurationError) {
        guard let fields = json.object else { throw ConfigFile.wrongType("\(name).headers", "an object") }
        for field in fields.members {
            guard let value = field.value.string, Self.isToken(field.key), Self.isFieldValue(value) else {
                throw ConfigurationError("provider '\(name)': header '\(field.key)' is not a header field")
            }
            provider.headers.append(HeaderField(field.key, value))
        }
        provider.headers = provider.headers.lastOfEachName
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"()<>@,;:\\\"/[]?={}".utf8.contains($0) }
    }

    private static func isFieldValue(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
}
