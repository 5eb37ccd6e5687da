/// How an answer is to be made: sampling, length, tools, format.
///
/// Kept as JSON members in the order given, so that a number's text and the key order of schemas reach the provider
/// as the user wrote them; the typed properties read and write these members.
public struct CompletionOptions: Sendable, Hashable {
    /// The options that exist, by their names in a job line (SPEC 3).
    public enum Name: String, Sendable, CaseIterable {
        case temperature
        case topP = "top_p"
        case maxTokens = "max_tokens"
        case presencePenalty = "presence_penalty"
        case frequencyPenalty = "frequency_penalty"
        case stop, seed, n, tools
        case toolChoice = "tool_choice"
        case responseFormat = "response_format"
        case reasoning
        case reasoningBudgetTokens = "reasoning_budget_tokens"
        case api
    }

    /// The options as given, in their order; nulls count as absent.
    package private(set) var members: JSONObject

    /// No option: the provider's defaults.
    public init() { members = JSONObject() }

    /// The options of a job line; its members are checked by the reader of lines.
    package init(members: JSONObject) { self.members = members }

    /// An option's value; nil where it is absent or null.
    public subscript(_ name: Name) -> JSON? {
        get { members[name.rawValue].flatMap { $0.isNull ? nil : $0 } }
        set { members[name.rawValue] = newValue }
    }

    /// The names of the options that have a value, in their order.
    package var names: [Name] {
        members.members.filter { !$0.value.isNull }.compactMap { Name(rawValue: $0.key) }
    }

    /// Randomness, 0 to 2 (Anthropic: to 1).
    public var temperature: Double? {
        get { self[.temperature]?.double }
        set { self[.temperature] = newValue.map(JSON.double) }
    }
    /// Nucleus sampling, 0 to 1.
    public var topP: Double? {
        get { self[.topP]?.double }
        set { self[.topP] = newValue.map(JSON.double) }
    }
    /// The largest number of tokens of the answer.
    public var maxTokens: Int? {
        get { self[.maxTokens]?.int }
        set { self[.maxTokens] = newValue.map(JSON.int) }
    }
    /// How much to avoid tokens that were used at all, -2 to 2.
    public var presencePenalty: Double? {
        get { self[.presencePenalty]?.double }
        set { self[.presencePenalty] = newValue.map(JSON.double) }
    }
    /// How much to avoid tokens by how often they were used, -2 to 2.
    public var frequencyPenalty: Double? {
        get { self[.frequencyPenalty]?.double }
        set { self[.frequencyPenalty] = newValue.map(JSON.double) }
    }
    /// Texts at which the answer ends.
    public var stop: [String]? {
        get { self[.stop].map { $0.array?.compactMap(\.string) ?? [$0.string].compactMap { $0 } } }
        set { self[.stop] = newValue.map { .array($0.map(JSON.string)) } }
    }
    /// The seed of a provider's sampling.
    public var seed: Int? {
        get { self[.seed]?.int }
        set { self[.seed] = newValue.map(JSON.int) }
    }
    /// How many answers to make; 1 where absent.
    public var n: Int? {
        get { self[.n]?.int }
        set { self[.n] = newValue.map(JSON.int) }
    }
    /// The tools that the model may call, in OpenAI's chat form.
    public var tools: [JSON]? {
        get { self[.tools]?.array }
        set { self[.tools] = newValue.map(JSON.array) }
    }
}
