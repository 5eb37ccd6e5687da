/// What the server does with a request.
enum Reply: Sendable {
    case response(Response)
    /// The connection stays open without an answer.
    case silence
    /// The connection is closed without an answer.
    case drop
    /// The connection is reset without an answer.
    case reset
}
