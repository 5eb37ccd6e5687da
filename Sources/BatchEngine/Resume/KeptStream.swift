import LLMStreaming

/// What becomes of a stream that its server keeps, once an attempt to read it has failed (Contract, "Going on
/// from partial output").
enum KeptStream: Equatable {
    /// Its rest is asked for by the next attempt.
    case kept
    /// Its rest cannot be had; the response may be had whole.
    case polled
    /// It is not asked for again; whether the server must be told so.
    case lost(isAlive: Bool)

    /// The most replays in a row that may bring nothing; after them the next one is the last.
    static let maximumEmptyReplays = 2
    /// The most looks at a whole response, 30 s between the later ones.
    static let maximumPolls = 30

    /// - Parameters:
    ///   - kept: the answer so far, with the cursor.
    ///   - isReplayed: whether the attempt asked for the rest of the stream, and did not begin it.
    ///   - broughtNothing: whether that brought nothing new; nil where it did unless nothing came.
    init(
        _ error: LLMError, result: StreamResult, kept: StoredPartial, isReplayed: Bool, broughtNothing: Bool? = nil
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
            // An error in the stream is the stream's own end.
            self = isStreaming ? .lost(isAlive: false) : .kept
        case .cut, .timeoutIdle, .timeoutStall:
            if kept.pollCount != nil, isStreaming {
                self = (kept.pollCount ?? 0) < Self.maximumPolls ? .kept : .lost(isAlive: true)
            } else {
                // The connection may have broken before anything came; again and again, there is nothing left to come.
                let isExhausted = (kept.emptyReplays ?? 0) >= Self.maximumEmptyReplays
                self = broughtNothing && isExhausted ? .lost(isAlive: true) : .kept
            }
        // A run can be stuck in a queue for ever (Provider facts, "Resuming a stream").
        case .timeoutFirstToken: self = broughtNothing || kept.answer.isEmpty ? .lost(isAlive: true) : .kept
        case .notFound: self = .lost(isAlive: false)
        // The stream is gone, whatever the words of the error.
        case .invalidRequest where [404, 410].contains(result.httpStatus ?? 0): self = .lost(isAlive: false)
        case .invalidRequest, .permission:
            let isOffered = isReplayed && cursor.form == .response && kept.pollCount == nil
            self = isOffered ? .polled : .lost(isAlive: true)
        case .contentPolicy, .contextLength, .redirect: self = .lost(isAlive: false)
        case .decode, .oversizedEvent, .oversizedCompletion, .invalidAnswer, .timeoutCheck, .repetition:
            self = .lost(isAlive: true)
        }
    }

    /// Notes in the kept answer what becomes of its stream.
    ///
    /// - Parameters:
    ///   - isIncompletePoll: whether the attempt looked at a response that is not whole yet.
    ///   - isEmptyReplay: whether the attempt is a replay that brought nothing new.
    ///   - isAnswered: whether the attempt had a response.
    /// - Returns: the stream, where it runs on and its server is to be told that nobody will ask for it.
    func note(
        in kept: inout StoredPartial, isIncompletePoll: Bool, isEmptyReplay: Bool, isAnswered: Bool
    ) -> ReplayCursor? {
        switch self {
        case .kept:
            if isIncompletePoll { kept.pollCount = (kept.pollCount ?? 0) + 1 }
            if !isEmptyReplay {
                kept.emptyReplays = nil
            } else if isAnswered {
                // Without a response nothing is known of the stream.
                kept.emptyReplays = (kept.emptyReplays ?? 0) + 1
            }
            return nil
        case .polled:
            kept.pollCount = 0
            return nil
        case .lost(let isAlive):
            defer { (kept.cursor, kept.pollCount) = (nil, nil) }
            return isAlive ? kept.cursor : nil
        }
    }

    /// How long after a look at a response that is not whole yet the next one comes.
    static func wait(afterPolls count: Int) -> Duration { .seconds(min(30, 1 << min(count, 5))) }
}
