/// From a provider's failure to our kind of error (Provider facts, "Status and kind"): a pure function of what it sent.
package enum ErrorClassifier {
    /// The error of a response that is no 2xx.
    ///
    /// - Parameters:
    ///   - isCut: whether the body goes on behind what was read of it.
    ///   - now: Unix seconds, to which a date in `retry-after` is compared.
    package static func error(
        head: ResponseHead, body: [UInt8], isCut: Bool = false, now: Double
    ) -> LLMError {
        let parsed = ProviderErrorBody(body, isCut: isCut)
        let shouldRetry = head["x-should-retry"].flatMap { ["true": true, "false": false][$0.lowercased()] }
        let kind = kind(status: head.status, body: parsed)
        return LLMError(
            kind, body.isEmpty ? "HTTP \(head.status) with an empty body" : message(parsed, head.status),
            httpStatus: head.status, code: parsed.code ?? parsed.type,
            retryAfter: [RetryAfter.wait(head, now: now), retryAfter(parsed, kind)].compactMap { $0 }.max(),
            shouldRetry: shouldRetry ?? self.shouldRetry(status: head.status, body: parsed),
            requestID: head.requestID ?? parsed.requestID)
    }

    /// The error that stands in the stream, or in a JSON document, after its head said 200.
    package static func inBand(_ json: JSON) -> LLMError {
        let parsed = ProviderErrorBody(json: json)
        let status = parsed.status ?? 0
        let kind = kind(status: status, body: parsed)
        return LLMError(
            kind, message(parsed, status), code: parsed.code ?? parsed.type,
            retryAfter: retryAfter(parsed, kind), shouldRetry: shouldRetry(status: status, body: parsed),
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
        let isFlat = isBare ? FlatError.isOne(object) : FlatError.hasFailedBeside(object)
        return isError || isFlat ? inBand(.object(object)) : nil
    }

    /// What is told of it: a request that no wait makes fit says so first.
    private static func message(_ body: ProviderErrorBody, _ status: Int) -> String {
        guard let (limit, requested) = RequestOverLimit.figures(body.message, status: status) else {
            return body.message
        }
        let words =
            "the request is larger than the whole limit: it counts \(figure(requested)), and \(figure(limit)) are allowed"
        return "\(words). \(body.message)".prefix(ofBytes: ProviderErrorBody.maximumBytes)
    }

    private static func figure(_ number: Double) -> String { number < 1e15 ? String(Int64(number)) : String(number) }

    /// The wait that the body asks for, in a member or only in words.
    private static func retryAfter(_ body: ProviderErrorBody, _ kind: ErrorKind) -> Duration? {
        let isPassing = kind == .rateLimit || kind == .overloaded || kind == .server
        let words = isPassing ? WaitInWords.seconds(body.message) : nil
        return [body.retryAfterSeconds, words].compactMap { $0 }.max().flatMap { RetryAfter.duration(seconds: $0) }
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
        if status == 413 || message.hasPrefix("request too large") || message.contains("request too large for")
            || RequestOverLimit.figures(message, status: status) != nil
        {
            return clientFault(message)
        }
        if status == 404, ErrorPhrases.areOfMissingPart(message, words) { return .invalidRequest }
        if let kind = body.numberedKind { return kind }
        if let kind = words.lazy.compactMap(ErrorVocabulary.kind).first {
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
        // 424 is TGI's for what failed while it wrote.
        case 408, 409, 424, 425: return .server
        case 429: return ErrorPhrases.speakOfQuota(message) ? .quota : .rateLimit
        case 498, 529: return .overloaded
        case 400...499: return clientFault(message)
        case 501: return .invalidRequest
        default: break
        }
        return passedOn(status, message, words)
    }

    /// The kind of a server's own failure, or of one without a status: gateways pass on under them what is none of it.
    private static func passedOn(_ status: Int, _ message: String, _ words: [String]) -> ErrorKind {
        if ErrorPhrases.speakOfContextLength(message) { return .contextLength }
        if ErrorPhrases.speakOfQuota(message) { return .quota }
        if ErrorPhrases.speakOfRate(message) { return .rateLimit }
        if status == 503 { return .overloaded }
        if ErrorPhrases.speakOfKey(message) { return .auth }
        if status == 0 {
            // A filter that is down refuses nothing.
            if ErrorPhrases.speakOfModeration(message), !message.contains("unavailable") { return .contentPolicy }
            if ErrorPhrases.speakOfLoad(message) { return .overloaded }
        }
        return status == 0 && words.contains(where: ErrorVocabulary.blamesRequest) ? clientFault(message) : .server
    }

    private static func clientFault(_ message: String) -> ErrorKind {
        if ErrorPhrases.speakOfContextLength(message) { return .contextLength }
        if ErrorPhrases.speakOfKey(message) { return .auth }
        if ErrorPhrases.speakOfQuota(message) { return .quota }
        return ErrorPhrases.speakOfModeration(message) ? .contentPolicy : .invalidRequest
    }
}

/// A request that is refused for a limit of a time which it passes all by itself: no wait makes it fit.
enum RequestOverLimit {
    /// The limit and what was asked for, where a message names both and the latter is more: OpenAI and Groq say "Limit
    /// 7000, Used 0, Requested ~12903".
    ///
    /// - Parameter status: of a refusal for rate or size, or 0; under others the words are of something else.
    static func figures(_ message: String, status: Int) -> (limit: Double, requested: Double)? {
        guard [0, 413, 429].contains(status) else { return nil }
        let text = message.prefix(2048).lowercased()
        guard let limit = number(behind: "limit", in: text), let requested = number(behind: "requested", in: text),
            requested > limit, limit > 0
        else { return nil }
        return (limit, requested)
    }

    private static let fillers = ["of ", "is ", "was ", "to ", "about ", "tokens:", "tokens ", "token count"]

    /// The number behind the first mention of a word that has one right behind it.
    private static func number(behind word: String, in text: String) -> Double? {
        for range in text.ranges(of: word) {
            var rest = text[range.upperBound...]
            // "limit of 6,000", "requested tokens: 12903", "the limit is 7000"
            repeat {
                rest = rest.drop { $0.isWhitespace || ":=~`'\"(".contains($0) }
                guard let word = fillers.first(where: { rest.hasPrefix($0) }) else { break }
                rest = rest.dropFirst(word.count)
            } while true
            var digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "," || $0 == "_" }
            while let last = digits.last, !last.isNumber { digits = digits.dropLast() }
            if let number = HeaderDuration.number(digits.filter(\.isNumber)), !digits.isEmpty { return number }
        }
        return nil
    }
}
