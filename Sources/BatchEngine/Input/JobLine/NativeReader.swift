import LLMStreaming

/// Reads what a native line asks: its conversation, options, extra body and word on partial output.
enum NativeReader {
    /// The members that only we set in a body.
    static let reservedBodyMembers = ["model", "messages", "input", "stream"]

    /// The request; with faults added, what could be read of it.
    static func request(_ members: JobLineObject<LineField.Native>, faults: inout LineFaults) -> JobRequest {
        let conversation = conversation(members, &faults)
        let options = members.object(.options, faults: &faults).map { OptionsReader.options($0, faults: &faults) }
        let content = RequestContent.conversation(
            conversation, options ?? CompletionOptions(), extraBody: extraBody(members, &faults))
        return JobRequest(content: content, resume: resume(members, &faults))
    }

    private static func conversation(
        _ members: JobLineObject<LineField.Native>, _ faults: inout LineFaults
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

    private static func extraBody(_ members: JobLineObject<LineField.Native>, _ faults: inout LineFaults) -> JSONObject
    {
        guard let object = members.object(.extraBody, faults: &faults) else { return JSONObject() }
        for name in reservedBodyMembers where object[name] != nil {
            faults.add("'\(name)' in extra_body may not be set; it is made from the rest of the line")
        }
        return object
    }

    private static func resume(_ members: JobLineObject<LineField.Native>, _ faults: inout LineFaults) -> ResumePolicy?
    {
        guard let word = members.string(.resume, faults: &faults) else { return nil }
        if let policy = ResumePolicy(rawValue: word) { return policy }
        let known = ResumePolicy.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        faults.add("'resume' must be one of \(known), not \(word.quotedName)")
        return nil
    }
}

/// Checks the types and ranges of `options` (Contract, "Job lines").
enum OptionsReader {
    /// The options of the line that are as they should be; a fault is added for each other.
    static func options(_ object: JSONObject, faults: inout LineFaults) -> CompletionOptions {
        _ = JobLineObject<CompletionOptions.Name>(object, at: .options, faults: &faults)
        var valid: [JSONObject.Member] = []
        valid.reserveCapacity(object.members.count)
        for member in object.members {
            guard let name = CompletionOptions.Name(rawValue: member.key) else { continue }
            if case .null = member.value {
                valid.append(member)
            } else if let words = words(name), let word = member.value.string, !words.contains(word) {
                faults.add("'\(member.key)' in options must be \(oneOf(words)), not \(word.quotedName)")
            } else if let problem = problem(name, member.value) {
                faults.addWrong(member.key, at: .options, expected: problem, found: member.value)
            } else {
                valid.append(member)
            }
        }
        return CompletionOptions(members: JSONObject(valid))
    }

    /// The effort words of `reasoning`.
    static let reasoningEfforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
    /// The words of `api`.
    static let interfaces = ["chat", "responses"]

    /// What the value must be; nil where it is that.
    private static func problem(_ name: CompletionOptions.Name, _ value: JSON) -> String? {
        switch name {
        case .temperature: number(value, 0...2)
        case .topP: number(value, 0...1)
        case .presencePenalty, .frequencyPenalty: number(value, -2...2)
        case .maxTokens, .n, .reasoningBudgetTokens: count(value)
        case .seed: value.int != nil ? nil : "a whole number"
        case .stop: isStop(value) ? nil : "a string or an array of strings"
        case .tools: isObjects(value) ? nil : "an array of objects"
        case .toolChoice: value.string != nil || value.object != nil ? nil : "a string or an object"
        case .serviceTier: value.string?.isEmpty == false ? nil : "a service tier's name"
        case .responseFormat: value.object != nil ? nil : "an object"
        case .reasoning, .api: value.string != nil ? nil : words(name).map(oneOf)
        }
    }

    private static func number(_ value: JSON, _ range: ClosedRange<Double>) -> String? {
        if let number = value.double, range.contains(number) { return nil }
        return "a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))"
    }

    private static func count(_ value: JSON) -> String? {
        guard let number = value.int, number >= 1 else { return "a whole number from 1" }
        let most = NumberGate.counts.upperBound
        return number <= most ? nil : "a whole number of at most \(most.grouped)"
    }

    private static func isStop(_ value: JSON) -> Bool {
        value.string != nil || value.array?.allSatisfy { $0.string != nil } == true
    }

    private static func isObjects(_ value: JSON) -> Bool { value.array?.allSatisfy { $0.object != nil } == true }

    /// The words that an option may be; nil for one that is not a choice of words.
    private static func words(_ name: CompletionOptions.Name) -> [String]? {
        switch name {
        case .reasoning: reasoningEfforts
        case .api: interfaces
        default: nil
        }
    }

    private static func oneOf(_ words: [String]) -> String {
        "one of " + words.map { "'\($0)'" }.joined(separator: ", ")
    }
}
