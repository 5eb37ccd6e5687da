import LLMStreaming

/// Whether a provider has a form for a request.
enum ProviderCheck {
    /// Adds a fault for everything in a request that the provider has no field for; it is never dropped in silence.
    static func check(
        _ content: RequestContent, _ name: ModelName, _ provider: Provider, faults: inout LineFaults
    ) {
        guard case .conversation(let conversation, let options, let extraBody) = content else { return }
        // The encoder stops at the first option without a field; the report names all.
        if let reason = refusal(options, name, provider) {
            var each: [String] = []
            for option in options.names {
                // What an option may be depends on the interface that is asked.
                var single = CompletionOptions()
                single[.api] = options[.api]
                single[option] = options[option]
                if let reason = refusal(single, name, provider), !each.contains(reason) { each.append(reason) }
            }
            for reason in each.isEmpty ? [reason] : each { faults.add(reason) }
        }
        // Text is said the same in every dialect; encoding it only to see that would double the time of a line.
        guard conversation.messages.contains(where: \.isMoreThanText) else { return }
        // What a message may hold depends on the interface that is asked.
        var interface = CompletionOptions()
        interface[.api] = options[.api]
        let plain = RequestContent.conversation(conversation, interface, extraBody: extraBody)
        if let reason = refusal(plain, name, provider) { faults.add(reason) }
    }

    private static func refusal(_ options: CompletionOptions, _ name: ModelName, _ provider: Provider) -> String? {
        if options.members.isEmpty { return nil }
        return refusal(.conversation([], options, extraBody: JSONObject()), name, provider)
    }

    private static func refusal(_ content: RequestContent, _ name: ModelName, _ provider: Provider) -> String? {
        do throws(LLMError) {
            _ = try RequestEncoder.encode(content, model: name.model, provider: provider)
            return nil
        } catch {
            return error.message
        }
    }
}

extension Message {
    /// Whether it has parts, tool calls or other members, whose forms differ between dialects.
    fileprivate var isMoreThanText: Bool {
        if case .parts = content { return true }
        return !toolCalls.isEmpty || !otherMembers.isEmpty
    }
}
