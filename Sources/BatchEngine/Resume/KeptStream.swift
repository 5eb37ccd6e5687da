import LLMStreaming

/// What becomes of a stream that its server keeps, once an attempt to read it has failed (SPEC 8, replay).
enum KeptStream: Equatable {
    /// Its rest is asked for by the next attempt.
    case kept
    /// Its rest cannot be had; the response may be had whole.
    case polled
    /// It is not asked for again; whether the server must be told so.
    case lost(isAlive: Bool)

    /// So many replays in a row may bring nothing before the next one is the last.
    static let maximumEmptyReplays = 2
    /// So often a response is looked at whole, 30 s between the later looks.
    static let maximumPolls = 30

    /// - Parameters:
    ///   - kept: the answer so far, with the cursor.
    ///   - isReplayed: whether the attempt asked for the rest of the stream, and did not begin it.
    ///   - broughtNothing: whether it did so in vain; nil where what came was all new.
    init(
        _ error: LLMError, _ result: StreamResult, kept: StoredPartial, isReplayed: Bool, broughtNothing: Bool? = nil
    ) {
        guard let cursor = kept.cursor else {
            self = .lost(isAlive: false)
            return
        }
        let broughtNothing = broughtNothing ?? (isReplayed && result.partial.isEmpty)
        let isStreaming = (200..<300).contains(result.httpStatus ?? 0)
        switch error.kind {
        case .cancelled, .dns, .connect, .tls, .proxy, .timeoutConnect, .timeoutJob, .auth, .quota, .outage:
            self = .kept
        case .rateLimit, .overloaded, .server:
            // Told in the stream, it is the stream's own end.
            self = isStreaming ? .lost(isAlive: false) : .kept
        case .cut, .timeoutIdle, .timeoutStall:
            if kept.pollCount != nil, isStreaming {
                self = (kept.pollCount ?? 0) < Self.maximumPolls ? .kept : .lost(isAlive: true)
            } else {
                // The connection may have broken before anything came; again and again, there is nothing left to come.
                let isExhausted = (kept.emptyReplays ?? 0) >= Self.maximumEmptyReplays
                self = broughtNothing && isExhausted ? .lost(isAlive: true) : .kept
            }
        // A run can be stuck in a queue for ever (WIRE.md 6).
        case .timeoutFirstToken: self = broughtNothing || kept.answer.isEmpty ? .lost(isAlive: true) : .kept
        case .notFound: self = .lost(isAlive: false)
        // The stream is not there any more, whatever words that is told in.
        case .invalidRequest where [404, 410].contains(result.httpStatus ?? 0): self = .lost(isAlive: false)
        case .invalidRequest, .permission:
            let isOffered = isReplayed && cursor.form == .response && kept.pollCount == nil
            self = isOffered ? .polled : .lost(isAlive: true)
        case .contentPolicy, .contextLength, .redirect: self = .lost(isAlive: false)
        case .decode, .oversizedEvent, .oversizedCompletion: self = .lost(isAlive: true)
        }
    }

    /// How long after a look at a response that is not whole yet the next one comes.
    static func wait(afterPolls count: Int) -> Duration { .seconds(min(30, 1 << min(count, 5))) }
}
