import LLMStreaming

/// What an attempt's failure says about whether its provider is out.
enum OutageEvidence {
    /// It cannot be reached or fails.
    case failure
    /// It answered, if only with a refusal.
    case alive
    /// Nothing: the attempt was given up, or broke in the midst of an answer.
    case none
}

extension LLMError {
    /// What this failure of an attempt says.
    ///
    /// A server that says when to come back is not out, and one that is overloaded gets fewer streams instead. A stream that broke after some content is no sign either way: some streams are too long for what stands between.
    func outageEvidence(hasContent: Bool) -> OutageEvidence {
        if kind == .cancelled { return .none }
        if let retryAfter, retryAfter > .zero { return .alive }
        if httpStatus == 529 { return .alive }
        if let httpStatus { return httpStatus >= 500 ? .failure : .alive }
        switch kind {
        case .dns, .connect, .tls, .proxy, .timeoutConnect: return .failure
        case .cut, .server, .overloaded: return hasContent ? .none : .failure
        case .timeoutFirstToken, .timeoutIdle, .timeoutStall, .timeoutJob: return .none
        default: return .alive
        }
    }
}
