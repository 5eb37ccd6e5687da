import LLMStreaming

/// What became of an exchange on a connection.
enum ExchangeEnd: Sendable {
    case result(StreamResult)
    /// To be sent again, to this path.
    case redirected(path: String)
    /// The connection had closed before the request was written: nothing was sent.
    case unusable
}
