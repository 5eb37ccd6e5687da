import LLMStreaming

/// What a job's rejected answers change in its next request.
struct AnswerCorrection: Sendable {
    /// The answer that was wrong, and the message that names its faults; nil where the conversation stays as it is.
    let question: (answer: String, faults: String)?
    /// The bound of tokens; nil where it stays as it is.
    let maximumTokens: Int?
    /// The temperature; nil where it stays as it is.
    let temperature: Double?

    init(_ job: Job, of content: RequestContent, _ policy: AnswerPolicy) {
        let newest = job.rejected.first
        if policy.onInvalid == .ask, let newest, newest.kind == .invalidAnswer, let answer = newest.text,
            newest.code == nil || newest.code == RejectedAnswer.Code.stoppedEarly.rawValue
                || newest.code == RejectedAnswer.Code.command.rawValue
        {
            question = (answer, Self.words(newest))
        } else {
            question = nil
        }
        let cut = job.rejected.first { $0.code == RejectedAnswer.Code.length.rawValue }
        maximumTokens = cut.flatMap { cut in
            (content.maximumTokens ?? cut.completionTokens).map { min($0, NumberGate.counts.upperBound / 2) * 2 }
        }
        let loops = min(job.rejected.count { $0.kind == .repetition }, AnswerPolicy.maximumLoops)
        let (step, most) = AnswerPolicy.loopTemperature
        temperature = content.members["temperature"]?.double.flatMap { given in
            loops == 0 || given >= most ? nil : min(most, ((given + step * Double(loops)) * 100).rounded() / 100)
        }
    }

    /// The message that asks for a right answer.
    private static func words(_ rejected: RejectedAnswer) -> String {
        let isCut = rejected.code == RejectedAnswer.Code.stoppedEarly.rawValue
        return """
            Your previous response is not valid\(isCut ? " and was stopped" : ""): \(rejected.reason). \
            Write the whole response again, with this corrected and nothing else added.
            """
    }

    /// Whether the next request is another one than the job's own.
    var changesConversation: Bool { question != nil }

    /// Changes the bounds of a request.
    func apply(to content: inout RequestContent, at provider: Provider) {
        if let temperature { content.set("temperature", .temperature, .double(temperature)) }
        if let maximumTokens { content.setMaximumTokens(maximumTokens, at: provider) }
    }
}

extension RejectedAnswer {
    /// What a model is shown of it: its text, and the tools that it wanted called; nil where there is neither.
    fileprivate var text: String? {
        // Of several answers a model cannot be shown which was wrong.
        guard answer?.choices.count == 1, let choice = answer?.choices.first else { return nil }
        let calls = choice.toolCalls.map { call -> String in
            let json: JSON = ["name": .string(call.name), "arguments": .string(call.arguments)]
            return json.text
        }
        let parts = ([choice.text] + calls).filter { !$0.allSatisfy(\.isWhitespace) }
        return parts.isEmpty ? nil : parts.joined(separator: "\n")
    }
}

extension RequestContent {
    /// Sets an option, or the member of a body that means the same.
    fileprivate mutating func set(_ member: String, _ option: CompletionOptions.Name, _ value: JSON) {
        switch self {
        case .conversation(let conversation, var options, var extraBody):
            if extraBody[member] != nil { extraBody[member] = value } else { options[option] = value }
            self = .conversation(conversation, options, extraBody: extraBody)
        case .body(var body, let dialect):
            body[member] = value
            self = .body(body, dialect)
        }
    }

    /// Sets the largest number of tokens of an answer, where the request has it or where its dialect does.
    fileprivate mutating func setMaximumTokens(_ tokens: Int, at provider: Provider) {
        let bounds = ["max_tokens", "max_completion_tokens", "max_output_tokens"]
        let given = bounds.first { members[$0]?.int != nil }
        switch self {
        case .conversation: set(given ?? "max_tokens", .maxTokens, .int(tokens))
        case .body(_, let dialect):
            let isOpenAIs = provider.name == "openai" || provider.name == "azure"
            let usual =
                switch dialect {
                case .openAIResponses: "max_output_tokens"
                case .openAIChat where isOpenAIs: "max_completion_tokens"
                case .openAIChat, .anthropicMessages: "max_tokens"
                }
            set(given ?? usual, .maxTokens, .int(tokens))
        }
    }
}
