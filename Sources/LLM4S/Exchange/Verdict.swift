import LLMStreaming

/// How an exchange ended; indirect, since every stream keeps the room for its end.
indirect enum Verdict: Sendable {
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
