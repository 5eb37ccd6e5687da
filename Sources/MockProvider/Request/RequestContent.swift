/// The content of a message: a text or parts.
enum RequestContent: Decodable {
    struct Part: Decodable {
        let type: String
        let text: String?
        /// Of a tool result.
        let content: RequestContent?
    }

    case text(String)
    case parts([Part])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .parts(try container.decode([Part].self))
        }
    }

    /// All texts, one after the other.
    var text: String {
        switch self {
        case .text(let text): text
        case .parts(let parts): parts.map { $0.text ?? $0.content?.text ?? "" }.joined()
        }
    }

    /// Whether a text block is empty, which Anthropic refuses.
    var hasEmptyText: Bool {
        switch self {
        case .text(let text): text.isEmpty
        case .parts(let parts): parts.contains { $0.type == "text" && ($0.text ?? "").isEmpty }
        }
    }
}
