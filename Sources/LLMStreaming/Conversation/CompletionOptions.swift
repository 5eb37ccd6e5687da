/// How an answer is to be made: sampling, length, tools, format.
///
/// Kept as JSON members in the order given, so that a number's text and the key order of schemas reach the provider
/// as the user wrote them; the typed properties read and write these members.
///
/// ```swift
/// var options = CompletionOptions()
/// options.temperature = 0
/// options.maxTokens = 200
/// options[.reasoning] = "low"
/// options[.responseFormat] = ["type": "json_object"]
/// ```
/// An option that a provider has no field for is an error of kind `invalid_request`, not dropped.
public struct CompletionOptions: Sendable, Hashable {
    /// The options that exist, by their names in a job line (Contract, "Job lines").
    public enum Name: String, Sendable, CaseIterable {
        /// A number: randomness.
        case temperature
        /// A number: nucleus sampling.
        case topP = "top_p"
        /// A whole number: the most tokens of an answer.
        case maxTokens = "max_tokens"
        /// A number: how much to avoid tokens that were used at all.
        case presencePenalty = "presence_penalty"
        /// A number: how much to avoid tokens by how often they were used.
        case frequencyPenalty = "frequency_penalty"
        /// A text or an array of texts at which the answer ends.
        case stop
        /// A whole number: the seed of a provider's sampling.
        case seed
        /// A whole number: how many answers to make.
        case n
        /// An array of tools in OpenAI's chat form.
        case tools
        /// `auto`, `none`, `required`, or an object that names a tool.
        case toolChoice = "tool_choice"
        /// An object: the form of the answer, such as a JSON schema.
        case responseFormat = "response_format"
        /// `none`, `low`, `medium` or `high`: how much to think.
        case reasoning
        /// A whole number: the most tokens of thinking.
        case reasoningBudgetTokens = "reasoning_budget_tokens"
        /// `chat` or `responses`: which of OpenAI's interfaces is asked.
        case api
        /// The service tier, in the provider's word: `flex`, `priority`, `standard_only`, ...
        case serviceTier = "service_tier"
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
