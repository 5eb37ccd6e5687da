/// From a provider's failure to our kind of error (WIRE.md 5.2 and 5.3): a pure function of what it sent.
package enum ErrorClassifier {
    /// The error of an answer that is no 2xx.
    ///
    /// - Parameter now: Unix seconds, to which a date in `retry-after` is compared.
    package static func error(head: ProviderResponseHead, body: [UInt8], now: Double) -> LLMError {
        let parsed = ProviderErrorBody(body)
        let shouldRetry = head["x-should-retry"].flatMap { ["true": true, "false": false][$0.lowercased()] }
        return LLMError(
            kind(status: head.status, body: parsed),
            body.isEmpty ? "HTTP \(head.status) with an empty body" : parsed.message, httpStatus: head.status,
            code: parsed.code ?? parsed.type,
            retryAfter: [RetryAfter.wait(head, now: now), retryAfter(parsed)].compactMap { $0 }.max(),
            shouldRetry: shouldRetry ?? self.shouldRetry(status: head.status, body: parsed),
            requestID: head.requestID ?? parsed.requestID)
    }

    /// The error that stands in the stream, or in a JSON document, after its head said 200.
    package static func inBand(_ json: JSON) -> LLMError {
        let parsed = ProviderErrorBody(json: json)
        let status = parsed.status ?? 0
        return LLMError(
            kind(status: status, body: parsed), parsed.message, code: parsed.code ?? parsed.type,
            retryAfter: retryAfter(parsed), shouldRetry: shouldRetry(status: status, body: parsed),
            requestID: parsed.requestID)
    }

    /// The error that an event or document reports; nil where it reports none.
    ///
    /// Clients take any `error` for one that is neither absent nor null, false, zero or empty.
    /// - Parameter isBare: whether it has nothing of an answer, so that it may be an error without that member: a flat
    ///   one (`"object":"error"`, `"type":"error"`) or a `detail`.
    static func inBand(_ object: JSONObject, isBare: Bool) -> LLMError? {
        let isError =
            switch object["error"] {
            case nil, .null?, .bool(false)?, .string("")?, .number("0")?, .array([])?: false
            case .object(let error)?: !error.isEmpty
            default: true
            }
        return isError || isBare && FlatError.isOne(object) ? inBand(.object(object)) : nil
    }

    private static func retryAfter(_ body: ProviderErrorBody) -> Duration? {
        body.retryAfterSeconds.flatMap { RetryAfter.duration(seconds: $0) }
    }

    /// What the body says of a retry; false for the faults of a request that llama.cpp reports as its own.
    private static func shouldRetry(status: Int, body: ProviderErrorBody) -> Bool? {
        if let isRetryable = body.isRetryable { return isRetryable }
        // A proxy that wants other credentials wants them the next time too.
        if status == 407 { return false }
        return status == 500 && ErrorPhrases.arePermanent(body.message.lowercased()) ? false : nil
    }

    /// The kind of a failure; the status is 0 where none is known.
    private static func kind(status: Int, body: ProviderErrorBody) -> ErrorKind {
        let words = body.words.map { $0.lowercased() }
        let message = body.message.lowercased()
        if (300...399).contains(status) { return .redirect }
        // No provider says this; a proxy on the way does.
        if status == 407 { return .proxy }
        // Too large for the limit of a minute or a day: no wait makes it fit.
        if status == 413 || message.hasPrefix("request too large") { return clientFault(message) }
        if let kind = words.lazy.compactMap({ ErrorVocabulary.kinds[$0] }).first {
            // A router's or proxy's word for any throttling; the message may say that the money is gone.
            return kind == .rateLimit && ErrorPhrases.speakOfQuota(message) ? .quota : kind
        }
        switch status {
        case 401: return .auth
        case 402: return .quota
        case 403:
            if body.isModeration || ErrorPhrases.speakOfModeration(message) { return .contentPolicy }
            return ErrorPhrases.speakOfQuota(message) ? .quota : .permission
        case 404: return .notFound
        case 408, 409, 425: return .server
        case 429: return ErrorPhrases.speakOfQuota(message) ? .quota : .rateLimit
        case 498, 503, 529: return .overloaded
        case 400...499: return clientFault(message)
        case 501: return .invalidRequest
        default: break
        }
        if ErrorPhrases.speakOfContextLength(message) { return .contextLength }
        return status == 0 && words.contains(where: ErrorVocabulary.blamesRequest) ? clientFault(message) : .server
    }

    private static func clientFault(_ message: String) -> ErrorKind {
        if ErrorPhrases.speakOfContextLength(message) { return .contextLength }
        if ErrorPhrases.speakOfKey(message) { return .auth }
        if ErrorPhrases.speakOfQuota(message) { return .quota }
        return ErrorPhrases.speakOfModeration(message) ? .contentPolicy : .invalidRequest
    }
}
