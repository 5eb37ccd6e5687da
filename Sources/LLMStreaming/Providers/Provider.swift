/// A provider as data: where it is, how it is spoken to, and what is special about it (SPEC 4).
public struct Provider: Sendable, Hashable {
    /// How the key is sent.
    public enum Authorization: String, Sendable, Hashable, CaseIterable {
        case bearer
        case xAPIKey = "x-api-key"
        case apiKey = "api-key"
        case none
    }

    /// How a provider goes on from a partial answer (SPEC 4, config field `resume`).
    public enum ResumeCapability: String, Sendable, Hashable, CaseIterable {
        case none
        /// A trailing assistant message is continued.
        case assistant
        /// The trailing assistant message carries `prefix: true`.
        case prefix
        /// `continue_final_message: true` with `add_generation_prompt: false`.
        case continueFinalMessage = "continue_final_message"
    }

    /// How a chat request asks for thinking.
    public enum ReasoningForm: Sendable, Hashable, CaseIterable {
        /// `reasoning_effort`; there is no field for a budget.
        case effort
        /// `reasoning`, an object with `effort` or `max_tokens` (OpenRouter).
        case object
    }

    /// The name that prefixes models.
    public var name: String
    /// The protocol.
    public var dialect: Dialect
    /// The URL that the dialect's path is put behind, without a slash at its end; empty where the user must give one.
    public var baseURL: String
    /// The environment variables that may hold the URL, in order.
    public var baseURLVariables: [String]
    /// The environment variables that may hold the key, in order.
    public var keyVariables: [String]
    /// The environment variables that may hold a token, always sent as a Bearer token, asked after the keys.
    public var tokenVariables: [String]
    /// Whether requests without a key make no sense.
    public var needsKey: Bool
    /// How the key is sent.
    public var authorization: Authorization
    /// Header fields that every request carries.
    public var headers: [(name: String, value: String)]
    /// How it goes on from a partial answer.
    public var resume: ResumeCapability
    /// Whether its `[DONE]` means a complete answer although no finish reason came.
    public var omitsFinishReason: Bool
    /// What goes into `stream_options` of a chat request.
    public var streamOptions: JSONObject
    /// Models whose names begin so take `max_completion_tokens` and refuse `max_tokens`.
    public var maxCompletionTokensPrefixes: [String]
    /// How a chat request asks for thinking.
    public var reasoningForm: ReasoningForm
    /// What belongs behind an address that does not have it yet: Azure's variables hold the resource's address alone.
    public var addressPath: String
    /// The most streams at once, where the configuration says.
    public var concurrency: Int?

    /// A provider; what is left out is as with an OpenAI-compatible server of no special kind.
    public init(
        name: String, dialect: Dialect = .openAIChat, baseURL: String = "", baseURLVariables: [String] = [],
        keyVariables: [String] = [], tokenVariables: [String] = [], needsKey: Bool = true,
        authorization: Authorization = .bearer,
        headers: [(name: String, value: String)] = [], resume: ResumeCapability = .none,
        omitsFinishReason: Bool = false, streamOptions: JSONObject = .usageOnly,
        maxCompletionTokensPrefixes: [String] = [], concurrency: Int? = nil,
        reasoningForm: ReasoningForm = .effort, addressPath: String = ""
    ) {
        self.name = name
        self.dialect = dialect
        self.baseURL = baseURL
        self.baseURLVariables = baseURLVariables
        self.keyVariables = keyVariables
        self.tokenVariables = tokenVariables
        self.needsKey = needsKey
        self.authorization = authorization
        self.headers = headers
        self.resume = resume
        self.omitsFinishReason = omitsFinishReason
        self.streamOptions = streamOptions
        self.maxCompletionTokensPrefixes = maxCompletionTokensPrefixes
        self.concurrency = concurrency
        self.reasoningForm = reasoningForm
        self.addressPath = addressPath
    }

    /// Compares everything.
    public static func == (left: Self, right: Self) -> Bool {
        left.name == right.name && left.dialect == right.dialect && left.baseURL == right.baseURL
            && left.baseURLVariables == right.baseURLVariables && left.keyVariables == right.keyVariables
            && left.tokenVariables == right.tokenVariables && left.needsKey == right.needsKey
            && left.authorization == right.authorization && left.headers.elementsEqual(right.headers) { $0 == $1 }
            && left.resume == right.resume && left.omitsFinishReason == right.omitsFinishReason
            && left.streamOptions == right.streamOptions
            && left.maxCompletionTokensPrefixes == right.maxCompletionTokensPrefixes
            && left.reasoningForm == right.reasoningForm && left.addressPath == right.addressPath
            && left.concurrency == right.concurrency
    }

    /// Hashes the name, which tells providers apart.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension JSONObject {
    /// Stream options that ask for the usage at the stream's end.
    public static let usageOnly = JSONObject([Member(key: "include_usage", value: true)])
}
