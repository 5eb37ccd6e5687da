/// An output item of a Responses stream, as far as it was seen.
struct ResponseItem: Sendable {
    /// One of its texts, of which something came.
    struct Part: Sendable {
        struct Name: Hashable {
            let form: ResponseTextForm
            let index: Int
        }

        let name: Name
        /// What came of it.
        var text = TextHash()
    }

    /// Its number among the items of the answer.
    let number: Int
    /// The place in the output that its events name.
    let place: Int
    /// The most texts of one item.
    private static let maximumParts = 10_000

    /// Empty until it is known.
    private(set) var type = ""
    /// Whether its first event was seen, so that a text that comes whole cannot be one whose pieces came before.
    var hasBegun = false
    /// Whether its last event was seen.
    var isDone = false
    /// The texts of which something came.
    private var parts: [Part] = []
    private var positions: [Part.Name: Int] = [:]
    /// The form in which reasoning comes.
    private var reasoningForm: ResponseTextForm?
    /// Whether the chunk that a tool call begins with was sent.
    var isOpened = false
    var citationCount = 0

    init(number: Int, place: Int) {
        self.number = number
        self.place = place
    }

    func has(_ form: ResponseTextForm) -> Bool { parts.contains { $0.name.form == form } }

    /// How many texts it has.
    var partCount: Int { parts.count }

    /// The indices of its texts of a form.
    func indices(of form: ResponseTextForm) -> [Int] { parts.filter { $0.name.form == form }.map(\.name.index) }

    /// Notes a piece of a text; false where it is reasoning in a second form, which says the same again.
    mutating func add(_ piece: String, to form: ResponseTextForm, _ index: Int) throws(LLMError) -> Bool {
        if type.isEmpty { type = form.itemType }
        if form.kind == .reasoning {
            if let reasoningForm, reasoningForm != form { return false }
            reasoningForm = form
        }
        let name = Part.Name(form: form, index: index)
        // The newest is the likeliest.
        if let last = parts.indices.last, parts[last].name == name {
            parts[last].text.add(piece.utf8)
            return true
        }
        if let known = positions[name] {
            parts[known].text.add(piece.utf8)
            return true
        }
        guard parts.count < Self.maximumParts else {
            throw LLMError(.decode, "more than \(Self.maximumParts) texts in an output item")
        }
        positions[name] = parts.count
        parts.append(Part(name: name))
        parts[parts.count - 1].text.add(piece.utf8)
        return true
    }

    /// What a whole text has beyond its pieces; nil where it contradicts them.
    func remainder(of whole: String, _ form: ResponseTextForm, _ index: Int) -> String? {
        guard let known = positions[Part.Name(form: form, index: index)] else { return whole }
        return parts[known].text.remainder(of: whole)
    }

    /// Notes what an item says of itself.
    mutating func learn(_ item: JSONObject) {
        if let type = item["type"]?.string { self.type = type }
    }
}

/// The texts that output items of a Responses stream have; each comes in `delta` events and whole in a `done` event.
enum ResponseTextForm: String {
    case outputText = "response.output_text"
    case refusal = "response.refusal"
    case reasoningSummary = "response.reasoning_summary_text"
    case reasoningText = "response.reasoning_text"
    case functionArguments = "response.function_call_arguments"
    case customInput = "response.custom_tool_call_input"

    /// What a piece of it is.
    var kind: StreamedChunk.Kind {
        switch self {
        case .outputText: .text
        case .refusal: .refusal
        case .reasoningSummary, .reasoningText: .reasoning
        case .functionArguments, .customInput: .toolArguments
        }
    }

    /// The text that a member holds.
    func text(_ value: JSON?) -> String {
        (self == .functionArguments ? value?.argumentsText : value?.string) ?? ""
    }

    /// The type of the items that have it.
    var itemType: String {
        switch self {
        case .outputText, .refusal: "message"
        case .reasoningSummary, .reasoningText: "reasoning"
        case .functionArguments: "function_call"
        case .customInput: "custom_tool_call"
        }
    }

    /// The member that distinguishes an item's texts of this form.
    var indexMember: String { self == .reasoningSummary ? "summary_index" : "content_index" }

    /// The member of a `done` event, or of an item's part, that holds the whole text.
    var wholeMember: String {
        switch self {
        case .outputText, .reasoningSummary, .reasoningText: "text"
        case .refusal: "refusal"
        case .functionArguments: "arguments"
        case .customInput: "input"
        }
    }
}
