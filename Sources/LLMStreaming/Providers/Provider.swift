/// A provider as data: where it is, how it is spoken to, and what is special about it (Contract, "Providers").
///
/// ```swift
/// let lab = Provider(name: "lab", baseURL: "http://10.0.0.7:8000/v1", keyVariables: ["LAB_KEY"])
/// let endpoint = try Endpoint(provider: lab, environment: ["LAB_KEY": key])
/// let client = LLMClient(endpoint: endpoint, model: "meta-llama/Llama-3.1-8B")
/// ```
public struct Provider: Sendable, Hashable {
    /// How the key is sent.
    public enum Authorization: String, Sendable, Hashable, CaseIterable {
        /// `Authorization: Bearer KEY`.
        case bearer
        /// `x-api-key: KEY` (Anthropic).
        case xAPIKey = "x-api-key"
        /// `api-key: KEY` (Azure).
        case apiKey = "api-key"
        /// None is sent.
        case none
    }

    /// How a provider goes on from a partial answer (config field `resume`).
    public enum ResumeCapability: String, Sendable, Hashable, CaseIterable {
        /// Not at all: answers begin anew.
        case none
        /// A trailing assistant message is continued.
        case assistant
        /// The trailing assistant message carries `prefix: true`.
        case prefix
        /// `continue_final_message: true` with `add_generation_prompt: false`.
        case continueFinalMessage = "continue_final_message"
    }

    /// What certain models of a provider can do besides what all can.
    public struct ModelResume: Sendable, Hashable {
        /// The models.
        public var models: ModelSet
        /// How the provider goes on from their partial answers.
        public var capability: ResumeCapability

        /// A capability of some models.
        public init(_ models: ModelSet, _ capability: ResumeCapability) {
            self.models = models
            self.capability = capability
        }
    }

    /// How a chat request asks for thinking.
    public enum ReasoningForm: Sendable, Hashable, CaseIterable {
        /// `reasoning_effort`; there is no field for a budget.
        case effort
        /// `reasoning_effort`, and `thinking` with `type: disabled` for none (DeepSeek).
        case effortOrDisabled
        /// `reasoning`, an object with `effort` or `max_tokens` (OpenRouter).
        case object
    }

    /// The name that prefixes models.
    public var name: String
    /// The protocol, where a request asks for no other.
    public var dialect: Dialect
    /// Further protocols that a request may ask for.
    public var otherDialects: Set<Dialect>
    /// The URL that the dialect's path is put behind, without a slash at its end; empty where the user must give one.
    public var baseURL: String
    /// Further URLs of servers that do the same, each an endpoint of its own.
    public var otherBaseURLs: [String]
    /// The environment variables that may hold the URL, or several with commas, in order.
    public var baseURLVariables: [String]
    /// How much of the work the servers at these URLs are to get, against 1 for each other one: numbers above 0.
    public var weights: [String: Double]
    /// The environment variables that may hold the key, in order.
    public var keyVariables: [String]
    /// The environment variables that hold a key each which is used beside the others; empty where one is used, which
    /// is found by `keyVariables`.
    public var pooledKeyVariables: [String]
    /// The environment variables that may hold a token, always sent as a Bearer token, asked after the keys.
    public var tokenVariables: [String]
    /// Whether requests without a key make no sense.
    public var needsKey: Bool
    /// How the key is sent.
    public var authorization: Authorization
    /// Header fields that every request carries.
    public var headers: [HeaderField]
    /// How it goes on from a partial answer, whatever the model.
    public var resume: ResumeCapability
    /// How it goes on from a partial answer of certain models.
    public var modelResume: ModelResume?
    /// Whether it goes on from a partial answer exactly, so that it is done unasked; otherwise only where the user says
    /// so.
    public var isResumeCertain: Bool
    /// Whether an answer that goes on from partial text always begins with that text again (Mistral).
    public var echoesPrefix: Bool
    /// How its server is asked for the rest of a stream that broke; nil where it keeps none.
    public var replay: ReplayCursor.Form?
    /// Whether streams are kept unasked; otherwise only where the user says so, since it changes retention and latency.
    public var keepsStreams: Bool
    /// Whether a response is kept only where it is stored (vLLM); OpenAI keeps one that is made in the background for
    /// some ten minutes without.
    public var storesBackgroundResponses: Bool
    /// What a request that goes on from partial text needs besides.
    public var prefix: PrefixQuirks
    /// Whether its `[DONE]` means a complete answer although no finish reason came.
    public var omitsFinishReason: Bool
    /// What goes into `stream_options` of a chat request.
    public var streamOptions: JSONObject
    /// What goes into `stream_options` of a Responses request, which has other ones.
    public var responsesStreamOptions: JSONObject
    /// Models whose names begin so take `max_completion_tokens` and refuse `max_tokens`.
    public var maxCompletionTokensPrefixes: [String]
    /// How a chat request asks for thinking.
    public var reasoningForm: ReasoningForm
    /// Options that its requests have no field for, although those of its dialect do.
    public var missingOptions: Set<CompletionOptions.Name>
    /// Options that its requests call otherwise than its dialect does.
    public var renamedOptions: [CompletionOptions.Name: String]
    /// The words for service tiers that its requests may hold, none where they have no field for one; nil where they
    /// are not known, and any goes.
    public var serviceTiers: [String]?
    /// Those that only a Responses request may hold besides.
    public var responsesServiceTiers: [String]
    /// Models that refuse temperature and nucleus sampling.
    public var samplingRefusal: ModelSet?
    /// What belongs behind an address that does not have it yet: Azure's variables hold the resource's address alone.
    public var addressPath: String
    /// The environment variables that may hold the version of an interface with dated paths (Azure), in order.
    public var apiVersionVariables: [String]
    /// The most streams at once, where the configuration says.
    public var concurrency: Int?
    /// The most requests a minute, where the configuration says.
    public var requestsPerMinute: Int?
    /// The most tokens a minute, where the configuration says.
    public var tokensPerMinute: Int?

    /// A provider; what is left out is as with an OpenAI-compatible server of no special kind.
    public init(
        name: String, dialect: Dialect = .openAIChat, baseURL: String = "", baseURLVariables: [String] = [],
        keyVariables: [String] = [], tokenVariables: [String] = [], needsKey: Bool = true,
        authorization: Authorization = .bearer,
        headers: [HeaderField] = [], resume: ResumeCapability = .none,
        omitsFinishReason: Bool = false, streamOptions: JSONObject = .usageOnly,
        maxCompletionTokensPrefixes: [String] = [], concurrency: Int? = nil,
        reasoningForm: ReasoningForm = .effort, addressPath: String = "", otherDialects: Set<Dialect> = [],
        responsesStreamOptions: JSONObject = JSONObject(), modelResume: ModelResume? = nil,
        isResumeCertain: Bool = true, echoesPrefix: Bool = false, replay: ReplayCursor.Form? = nil,
        keepsStreams: Bool = false, storesBackgroundResponses: Bool = false,
        prefix: PrefixQuirks = PrefixQuirks(),
        missingOptions: Set<CompletionOptions.Name> = [], renamedOptions: [CompletionOptions.Name: String] = [:],
        samplingRefusal: ModelSet? = nil, apiVersionVariables: [String] = [], serviceTiers: [String]? = nil,
        responsesServiceTiers: [String] = [], otherBaseURLs: [String] = [], weights: [String: Double] = [:],
        pooledKeyVariables: [String] = []
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
        self.isResumeCertain = isResumeCertain
        self.echoesPrefix = echoesPrefix
        self.replay = replay
        self.keepsStreams = keepsStreams
        self.storesBackgroundResponses = storesBackgroundResponses
        self.otherDialects = otherDialects
        self.responsesStreamOptions = responsesStreamOptions
        self.modelResume = modelResume
        self.prefix = prefix
        self.missingOptions = missingOptions
        self.renamedOptions = renamedOptions
        self.samplingRefusal = samplingRefusal
        self.apiVersionVariables = apiVersionVariables
        self.serviceTiers = serviceTiers
        self.responsesServiceTiers = responsesServiceTiers
        self.otherBaseURLs = otherBaseURLs
        self.weights = weights
        self.pooledKeyVariables = pooledKeyVariables
    }

    /// Hashes the name, which distinguishes providers.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension JSONObject {
    /// Stream options that ask for the usage at the stream's end.
    public static let usageOnly = JSONObject([Member(key: "include_usage", value: true)])

    /// Stream options that ask for chunks without their padding of random text, which only costs bytes here.
    static let withoutObfuscation = JSONObject([Member(key: "include_obfuscation", value: false)])
}

/// What is special about requests of a provider that go on from partial text (Provider facts, "Resuming a stream").
public struct PrefixQuirks: Sendable, Hashable {
    /// What stands before the dialect's path; empty where it is the path of all requests.
    public var path: String
    /// Members that the body needs, where the request does not have them.
    public var members: JSONObject

    /// Quirks; nothing special where left out.
    public init(path: String = "", members: JSONObject = JSONObject()) {
        self.path = path
        self.members = members
    }
}

/// The protocol that a provider speaks.
public enum Dialect: String, Sendable, Hashable, CaseIterable {
    /// OpenAI's chat completions.
    case openAIChat = "openai-chat"
    /// OpenAI's Responses.
    case openAIResponses = "openai-responses"
    /// Anthropic's Messages.
    case anthropicMessages = "anthropic-messages"

    /// What follows the base URL.
    package var path: String {
        switch self {
        case .openAIChat: "/chat/completions"
        case .openAIResponses: "/responses"
        case .anthropicMessages: "/v1/messages"
        }
    }

    /// Header fields that every request needs, where the provider has none of that name.
    package var headers: [HeaderField] {
        self == .anthropicMessages ? [HeaderField("anthropic-version", "2023-06-01")] : []
    }
}
