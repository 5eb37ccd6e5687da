/// One message of a request.
struct RequestMessage: Decodable {
    let role: String
    let content: RequestContent?
    /// Whether the mock is asked to go on from this message (DeepSeek, Mistral).
    let prefix: Bool?

    var text: String { content?.text ?? "" }
}
