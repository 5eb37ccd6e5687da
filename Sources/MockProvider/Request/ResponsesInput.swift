/// The `input` of a Responses request: a text, or items in the order of a conversation.
enum ResponsesInput: Decodable {
    case text(String)
    case items([Item])

    /// A message, a call or its output; of other items only their place is known.
    struct Item: Decodable {
        let type: String?
        let role: String?
        let content: RequestContent?
        /// Of a call's output.
        let output: RequestContent?
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else {
            self = .items(try container.decode([Item].self))
        }
    }

    /// The input as messages.
    var messages: [RequestMessage] {
        switch self {
        case .text(let text): [RequestMessage(role: "user", content: .text(text), prefix: nil)]
        case .items(let items):
            items.map { item in
                let isOutput = item.type?.hasSuffix("_output") == true
                return RequestMessage(
                    role: item.role ?? (isOutput ? "tool" : "assistant"), content: item.content ?? item.output,
                    prefix: nil)
            }
        }
    }
}
