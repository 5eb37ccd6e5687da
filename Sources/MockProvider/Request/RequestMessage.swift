/// One message of a request.
struct RequestMessage: Decodable {
    let role: String
    let content: RequestContent?
    /// Whether the mock is asked to go on from this message (DeepSeek, Mistral).
    let prefix: Bool?

    /// Whether it is to be gone on from without being the assistant's.
    var isBadPrefix: Bool { prefix == true && role != "assistant" }
    var text: String { content?.text ?? "" }
}
