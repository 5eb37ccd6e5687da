import AnswerChecks
import LLMStreaming

/// What a job's rejected answers change in its next request.
struct AnswerCorrection: Sendable {
    /// The request to write the newest of them again; nil where the conversation stays as it is.
    let question: Continuation?
    /// The bound of tokens; nil where it stays as it is.
    let maximumTokens: Int?
    /// The temperature; nil where it stays as it is.
    let temperature: Double?

    init(_ job: Job, of content: RequestContent, _ policy: AnswerPolicy) {
        let asks = policy.onInvalid == .ask
        question = asks ? job.rejected.first.flatMap(Self.question) : nil
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

    /// The request to write an answer again; nil for one that was not wrong in itself.
    private static func question(_ rejected: RejectedAnswer) -> Continuation? {
        guard rejected.kind == .invalidAnswer, let answer = rejected.answer else { return nil }
        let code = rejected.code
        let isStopped = code == RejectedAnswer.Code.stoppedEarly.rawValue
        guard code == nil || isStopped || code == RejectedAnswer.Code.command.rawValue else { return nil }
        return .correcting(answer, rejected.reason, isStopped: isStopped)
    }

    /// Changes the bounds of a request.
    func apply(to content: inout RequestContent, at provider: Provider) {
        if let temperature { content.set("temperature", .temperature, .double(temperature)) }
        if let maximumTokens { content.setMaximumTokens(maximumTokens, at: provider) }
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
