/// The hot path of chat streams: an event that carries one piece of text or reasoning of one choice.
///
/// Anything else is left to the full decoder by giving up (nil): finish reasons, usage, tool calls, errors, several
/// choices, text and reasoning at once. What the full decoder ignores is skipped, whatever its structure: Azure's
/// filter results, obfuscation, citations.
enum OpenAIChatFastPath {
    /// What such an event means.
    struct Found {
        var chunk: StreamedChunk
        /// Where the chunk's text lies, between its quotes.
        var text: Range<Int>
    }

    /// The chunk of such an event; nil where the full decoder must look.
    ///
    /// - Parameters:
    ///   - bytes: the event's data.
    ///   - tier: the service tier that was told last; another one is not for this path.
    ///   - isOpen: whether a choice of that number has begun and not finished: what begins one is not for this path,
    ///     nor what comes behind a finish reason.
    static func chunk(of bytes: Span<UInt8>, tier: String? = nil, isOpen: (Int) -> Bool) -> Found? {
        var scanner = JSONScanner()
        var found: Found?
        let isWhole = object(&scanner, bytes) { key, scanner in
            if JSONScanner.equals(key, "choices", in: bytes) {
                guard found == nil, let choice = choice(&scanner, bytes) else { return false }
                found = choice
                return true
            }
            if JSONScanner.equals(key, "usage", in: bytes) || JSONScanner.equals(key, "error", in: bytes)
                || JSONScanner.equals(key, "x_groq", in: bytes)
            {
                return scanner.takeNull(in: bytes)
            }
            if JSONScanner.equals(key, "service_tier", in: bytes) { return take(tier, &scanner, bytes) }
            return scanner.skipValue(in: bytes)
        }
        guard isWhole, scanner.peek(in: bytes) == nil, let found, isOpen(found.chunk.choice)
        else { return nil }
        return found
    }

    /// Takes a service tier that tells nothing new: null, nothing, or the one that was told last.
    private static func take(_ tier: String?, _ scanner: inout JSONScanner, _ bytes: Span<UInt8>) -> Bool {
        if scanner.takeNull(in: bytes) { return true }
        guard let (range, isEscaped) = scanner.rawString(in: bytes), !isEscaped else { return false }
        if range.isEmpty { return true }
        guard let tier, tier.utf8.count == range.count else { return false }
        return zip(tier.utf8, range).allSatisfy { bytes[$1] == $0 }
    }

    /// The chunk of the one choice that the list holds.
    private static func choice(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) -> Found? {
        guard scanner.take(UInt8(ascii: "["), in: bytes) else { return nil }
        var index = 0
        var delta: Found?
        let isWhole = object(&scanner, bytes) { key, scanner in
            if JSONScanner.equals(key, "index", in: bytes) {
                guard let number = scanner.integer(in: bytes) else { return false }
                index = number
                return true
            }
            if JSONScanner.equals(key, "delta", in: bytes) {
                delta = self.delta(&scanner, bytes)
                return delta != nil
            }
            if JSONScanner.equals(key, "finish_reason", in: bytes) || JSONScanner.equals(key, "logprobs", in: bytes)
                || JSONScanner.equals(key, "native_finish_reason", in: bytes)
                || JSONScanner.equals(key, "usage", in: bytes) || JSONScanner.equals(key, "message", in: bytes)
                || JSONScanner.equals(key, "error", in: bytes)
            {
                return scanner.takeNull(in: bytes)
            }
            return scanner.skipValue(in: bytes)
        }
        guard isWhole, scanner.take(UInt8(ascii: "]"), in: bytes), var delta else { return nil }
        delta.chunk.choice = index
        return delta
    }

    private static func delta(_ scanner: inout JSONScanner, _ bytes: Span<UInt8>) -> Found? {
        var found: Found?
        var named = (content: false, reasoningContent: false, reasoning: false)
        let isWhole = object(&scanner, bytes) { key, scanner in
            let kind: StreamedChunk.Kind
            // Of a member that is there twice the last counts; that is for the full decoder.
            if JSONScanner.equals(key, "content", in: bytes) {
                guard !named.content else { return false }
                (kind, named.content) = (.text, true)
            } else if JSONScanner.equals(key, "reasoning_content", in: bytes) {
                guard !named.reasoningContent else { return false }
                (kind, named.reasoningContent) = (.reasoning, true)
            } else if JSONScanner.equals(key, "reasoning", in: bytes) {
                guard !named.reasoning else { return false }
                (kind, named.reasoning) = (.reasoning, true)
            } else if isStructured(key, bytes) {
                return scanner.takeNothing(in: bytes)
            } else {
                return scanner.skipValue(in: bytes)
            }
            if scanner.takeNull(in: bytes) { return true }
            guard let raw = scanner.rawString(in: bytes), let text = JSONScanner.value(of: raw, in: bytes)
            else { return false }
            if text.isEmpty { return true }
            guard found == nil else { return false }
            found = Found(chunk: StreamedChunk(kind, text), text: raw.range)
            return true
        }
        return isWhole ? found : nil
    }

    /// Whether a member of a delta means something but is not for this path.
    private static func isStructured(_ key: Range<Int>, _ bytes: Span<UInt8>) -> Bool {
        JSONScanner.equals(key, "refusal", in: bytes) || JSONScanner.equals(key, "tool_calls", in: bytes)
            || JSONScanner.equals(key, "reasoning_details", in: bytes)
            || JSONScanner.equals(key, "function_call", in: bytes)
            || JSONScanner.equals(key, "annotations", in: bytes) || JSONScanner.equals(key, "usage", in: bytes)
            || JSONScanner.equals(key, "audio", in: bytes) || JSONScanner.equals(key, "images", in: bytes)
            || JSONScanner.equals(key, "error", in: bytes)
    }

    /// Walks the members of the object that begins here; false where it is not well formed or a visit gives up.
    private static func object(
        _ scanner: inout JSONScanner, _ bytes: Span<UInt8>, _ visit: (Range<Int>, inout JSONScanner) -> Bool
    ) -> Bool {
        guard scanner.take(UInt8(ascii: "{"), in: bytes) else { return false }
        if scanner.take(UInt8(ascii: "}"), in: bytes) { return true }
        repeat {
            guard let (key, isEscaped) = scanner.rawString(in: bytes), !isEscaped,
                scanner.take(UInt8(ascii: ":"), in: bytes), visit(key, &scanner)
            else { return false }
        } while scanner.take(UInt8(ascii: ","), in: bytes)
        return scanner.take(UInt8(ascii: "}"), in: bytes)
    }
}
