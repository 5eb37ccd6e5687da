public import LLMStreaming

/// A job that a program makes itself: what a line of a job file says.
///
/// ```swift
/// let questions = ["The capital of Peru?", "The capital of Chile?"]
/// let jobs = questions.map { question in
///     BatchJob(model: "openai/gpt-6-luna", [.user(question)], metadata: ["question": .string(question)])
/// }
/// let report = try await BatchRunner(database: "answers.db").run(jobs, from: "questions")
/// print(report.completed)
/// ```
/// Its request is stored and told apart as that of the same line in a file: by what it asks, not by who made it.
public struct BatchJob: Sendable, Hashable {
    /// The id, 1 to 256 characters, one's own in the database; nil for one that is made from what is asked.
    public var id: String?
    /// The model, as `provider/model`; nil for that of the options.
    public var model: String?
    /// What is asked.
    public var conversation: Conversation
    /// How it is to be answered.
    public var options: CompletionOptions
    /// Members of the provider's body, put over what is made from the rest; an object.
    public var extraBody: JSON?
    /// What is kept with the job and told with its answer; an object.
    public var metadata: JSON?
    /// What to do with a partial answer of it; nil for what the options of the run say.
    public var resume: BatchOptions.ResumeWay?

    /// A job.
    ///
    /// - Parameters:
    ///   - id: its id; nil for one that is made from what is asked.
    ///   - model: as `provider/model`; nil for that of the options.
    ///   - conversation: the messages, oldest first.
    ///   - options: sampling, length, tools.
    ///   - metadata: what is kept with the job; an object.
    public init(
        id: String? = nil, model: String? = nil, _ conversation: Conversation,
        options: CompletionOptions = CompletionOptions(), metadata: JSON? = nil
    ) {
        self.id = id
        self.model = model
        self.conversation = conversation
        self.options = options
        self.metadata = metadata
    }

    /// The job as a line of a job file, which the same parser reads: what it refuses there it refuses here.
    var line: [UInt8] {
        var object = JSONObject()
        object["id"] = id.map(JSON.string)
        object["model"] = model.map(JSON.string)
        object["messages"] = .array(conversation.messages.map(Self.json))
        if !options.members.isEmpty { object["options"] = .object(options.members) }
        object["extra_body"] = extraBody
        object["metadata"] = metadata
        object["resume"] = resume.map { .string($0.rawValue) }
        return JSON.object(object).bytes
    }

    private static func json(_ message: Message) -> JSON {
        var object = JSONObject()
        object["role"] = .string(message.role.rawValue)
        switch message.content {
        case .text(let text)?: object["content"] = .string(text)
        case .parts(let parts)?: object["content"] = .array(parts)
        case nil: break
        }
        object["name"] = message.name.map(JSON.string)
        object["tool_call_id"] = message.toolCallID.map(JSON.string)
        if !message.toolCalls.isEmpty { object["tool_calls"] = .array(message.toolCalls.map(\.json)) }
        return .object(object)
    }
}
