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
            shouldRetry: shouldRetry ?? parsed.isRetryable, requestID: head.requestID ?? parsed.requestID)
    }

    /// The error that stands in the stream, or in a JSON document, after its head said 200.
    package static func inBand(_ json: JSON) -> LLMError {
        let parsed = ProviderErrorBody(json: json)
        return LLMError(
            kind(status: parsed.status ?? 0, body: parsed), parsed.message, code: parsed.code ?? parsed.type,
            retryAfter: retryAfter(parsed), shouldRetry: parsed.isRetryable, requestID: parsed.requestID)
    }

    /// The error that an event or document reports; nil where it reports none.
    ///
    /// Clients take any `error` for one that is neither absent nor null, false, zero or empty.
    /// - Parameter isBare: whether it has nothing of an answer, so that it may be an error without that member: a flat
    ///   one (`"object":"error"`) or a `detail`.
    static func inBand(_ object: JSONObject, isBare: Bool) -> LLMError? {
        let isError =
            switch object["error"] {
            case nil, .null?, .bool(false)?, .string("")?, .number("0")?, .array([])?: false
            case .object(let error)?: !error.isEmpty
            default: true
            }
        let isFlat = isBare && (object["object"] == "error" || object["detail"].map { !$0.isNull } ?? false)
        return isError || isFlat ? inBand(.object(object)) : nil
    }

    private static func retryAfter(_ body: ProviderErrorBody) -> Duration? {
        body.retryAfterSeconds.flatMap { RetryAfter.duration(seconds: $0) }
    }

    /// The kind of a failure; the status is 0 where none is known.
    private static func kind(status: Int, body: ProviderErrorBody) -> ErrorKind {
        let words = [body.code, body.type].compactMap { $0?.lowercased() }
        let message = body.message.lowercased()
        if (300...399).contains(status) { return .redirect }
        // Too large for the limit of a minute or a day: no wait makes it fit.
        if status == 413 || message.hasPrefix("request too large") { return clientFault(message) }
        if let kind = words.lazy.compactMap({ kindsByWord[$0] }).first { return kind }
        switch status {
        case 401: return .auth
        case 402: return .quota
        case 403: return isModeration(message) ? .contentPolicy : .permission
        case 404: return .notFound
        case 408, 409, 425: return .server
        case 429: return message.contains("exceeded your current quota") ? .quota : .rateLimit
        case 498, 503, 529: return .overloaded
        case 400...499: return clientFault(message)
        default: break
        }
        if isContextOverflow(message) { return .contextLength }
        return status == 0 && words.contains { clientWords.contains($0) } ? clientFault(message) : .server
    }

    private static func clientFault(_ message: String) -> ErrorKind {
        if isContextOverflow(message) { return .contextLength }
        if message.contains("api key") && (message.contains("incorrect") || message.contains("invalid")) {
            return .auth
        }
        if message.contains("credit balance is too low") || message.contains("usage limits") { return .quota }
        return isModeration(message) ? .contentPolicy : .invalidRequest
    }

    private static func isModeration(_ message: String) -> Bool {
        [
            "moderation", "content management policy", "content policy", "content_filter", "content filtering policy",
            "usage policy", "was flagged",
        ].contains { message.contains($0) }
    }

    private static func isContextOverflow(_ message: String) -> Bool {
        [
            "context length", "context window", "context size", "context limit", "maximum prompt length",
            "prompt is too long", "input is too long", "maximum number of tokens", "too many tokens in the prompt",
        ].contains { message.contains($0) }
    }

    /// Codes and types that say more than any status.
    private static let kindsByWord: [String: ErrorKind] = [
        "insufficient_quota": .quota, "billing_error": .quota, "billing_hard_limit_reached": .quota,
        "billing_not_active": .quota, "credits_exhausted": .quota,
        "authentication_error": .auth, "invalid_api_key": .auth, "invalid_authentication": .auth,
        "permission_error": .permission, "permission_denied": .permission, "data_residency_mismatch": .permission,
        "not_found_error": .notFound, "model_not_found": .notFound, "deploymentnotfound": .notFound,
        "rate_limit_error": .rateLimit, "rate_limit_exceeded": .rateLimit, "ratelimitreached": .rateLimit,
        "overloaded_error": .overloaded, "overloaded": .overloaded, "engine_overloaded": .overloaded,
        "context_length_exceeded": .contextLength, "exceed_context_size_error": .contextLength,
        "context_window_exceeded": .contextLength,
        "content_filter": .contentPolicy, "content_policy_violation": .contentPolicy,
        "responsibleaipolicyviolation": .contentPolicy, "misalignment_policy_violation": .contentPolicy,
        "bio_policy": .contentPolicy,
        // The model wrote a call that Groq could not read; it may do better next time.
        "tool_use_failed": .server,
    ]

    /// Types that blame the request; they count where no status is known.
    private static let clientWords: Set<String> = [
        "invalid_request_error", "badrequesterror", "invalid_request", "invalid-argument", "request_too_large",
        "unprocessable_entity_error",
    ]
}
