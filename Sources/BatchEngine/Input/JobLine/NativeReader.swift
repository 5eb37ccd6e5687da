import LLMStreaming

/// Reads what a native line asks: its conversation, options, extra body and word on partial output (SPEC 3).
enum NativeReader {
    /// The members that only we set in a body.
    static let reservedBodyMembers = ["model", "messages", "input", "stream"]

    /// The request; with faults added, what could be read of it.
    static func request(_ members: KnownMembers<LineField.Native>, faults: inout LineFaults) -> JobRequest {
        let conversation = conversation(members, &faults)
        let options = members.object(.options, faults: &faults).map { OptionsReader.options($0, faults: &faults) }
        let content = RequestContent.conversation(
            conversation, options ?? CompletionOptions(), extraBody: extraBody(members, &faults))
        return JobRequest(content: content, resume: resume(members, &faults))
    }

    private static func conversation(
        _ members: KnownMembers<LineField.Native>, _ faults: inout LineFaults
    ) -> Conversation {
        let prompt = members.string(.prompt, faults: &faults)
        let system = members.string(.system, faults: &faults)
        if members[.prompt] == nil, members[.system] != nil {
            faults.add("'system' goes with 'prompt' only; among 'messages' give one of role system")
        }
        if members[.messages] != nil, members[.prompt] != nil {
            faults.add("both 'messages' and 'prompt' are given; give one of them")
        }
        if members[.messages] != nil {
            guard let messages = members.array(.messages, faults: &faults) else { return [] }
            return MessageReader.conversation(messages, faults: &faults)
        }
        guard members[.prompt] != nil else {
            faults.add("neither 'messages' nor 'prompt' is given")
            return []
        }
        if prompt?.isEmpty == true { faults.add("'prompt' is empty") }
        return Conversation(prompt: prompt ?? "", system: system)
    }

    private static func extraBody(_ members: KnownMembers<LineField.Native>, _ faults: inout LineFaults) -> JSONObject {
        guard let object = members.object(.extraBody, faults: &faults) else { return JSONObject() }
        for name in reservedBodyMembers where object[name] != nil {
            faults.add("'\(name)' in extra_body may not be set; it is made from the rest of the line")
        }
        return object
    }

    private static func resume(_ members: KnownMembers<LineField.Native>, _ faults: inout LineFaults) -> ResumePolicy? {
        guard let word = members.string(.resume, faults: &faults) else { return nil }
        if let policy = ResumePolicy(rawValue: word) { return policy }
        let known = ResumePolicy.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        faults.add("'resume' must be one of \(known), not \(word.quotedName)")
        return nil
    }
}
