import LLMStreaming

/// What became of an exchange on a connection.
enum ExchangeEnd: Sendable {
    case result(StreamResult)
    /// To be sent again, to this path.
    case redirected(path: String)
    /// The connection had closed before the request was written: nothing was sent.
    case unusable
}

/// How an exchange itself ended; indirect, since every stream keeps the room for its end.
indirect enum ExchangeOutcome: Sendable {
    case completed(Completion)
    case failed(LLMError)
    /// The request is to be sent again to another path of the same origin.
    case redirected(path: String)

    /// Whether the server may be trusted to end the body soon, and in order.
    var leavesConnectionInOrder: Bool {
        switch self {
        case .completed, .redirected: true
        case .failed(let error):
            switch error.kind {
            case .decode, .oversizedEvent, .oversizedCompletion, .cancelled, .timeoutFirstToken, .timeoutIdle,
                .timeoutStall, .timeoutJob:
                false
            default: true
            }
        }
    }
}
