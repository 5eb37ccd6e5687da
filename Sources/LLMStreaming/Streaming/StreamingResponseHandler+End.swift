import ServerSentEvents

/// The end of a body: of an event stream, or of a document that came instead of one.
extension StreamingResponseHandler {
    /// Takes the end of an event stream's body.
    ///
    /// - Parameters:
    ///   - isOrderly: whether the server ended it, and not the connection under it.
    ///   - chunks: what came is appended to it.
    /// - Throws: the error that the body was instead of events, or kind `cut` where the answer is not whole.
    public mutating func receiveEnd(isOrderly: Bool = true, into chunks: inout [StreamedChunk]) throws(LLMError) {
        guard !isBodyEnded, !isFailed else { return }
        isBodyEnded = true
        do { try readEnd(isOrderly, into: &chunks) } catch {
            isFailed = true
            throw error
        }
    }

    private mutating func readEnd(_ isOrderly: Bool, into chunks: inout [StreamedChunk]) throws(LLMError) {
        var isEventCut = false
        while !decoder.isEnded {
            // The official clients dispatch a last event that lacks its blank line.
            let event: ServerSentEvent?
            let begin = parser.eventsEnd
            do { event = try parser.unfinishedEvent() } catch { throw oversized }
            guard let event else { break }
            do {
                try handle(event, from: begin, into: &chunks)
                position?.isLastEventUnfinished = true
            } catch {
                // Data that is no JSON was cut by the end.
                if error.kind != .decode { throw error }
                position?.isBroken = false
                isEventCut = true
            }
        }
        // What the end says comes before what waits for it is let go: only a whole answer's halves of characters are.
        var failure: LLMError?
        if isOrderly { do { try decoder.endBody(isEventCut: isEventCut) } catch { failure = error } }
        finish(into: &chunks)
        if let failure { throw failure }
        if isAnswered { return }
        if parser.eventCount == 0, isOrderly, let text = beginning.text {
            // Who feeds a body without looking at its beginning.
            if text.first == "{" || text.first == "[" { return try readWhole(beginning.bytes, true, into: &chunks) }
            // A stream that was cut within its first event.
            if BodyBeginning.isFieldOfEvents(text) { return _ = try completion() }
            throw LLMError(.decode, "the body is no event stream: \(text)")
        }
        _ = try completion()
    }

    /// Takes one whole completion that came as a JSON document instead of a stream, or chunks as lines or an array of
    /// JSON.
    ///
    /// - Parameters:
    ///   - body: all of it.
    ///   - isOrderly: whether the server ended the body, and not the connection under it.
    ///   - chunks: what came is appended to it.
    public mutating func receiveWhole(
        _ body: [UInt8], isOrderly: Bool = true, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        guard !isOver else { return }
        isBodyEnded = true
        do { try readWhole(body, isOrderly, into: &chunks) } catch {
            isFailed = true
            throw error
        }
    }

    private mutating func readWhole(
        _ body: [UInt8], _ isOrderly: Bool, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        let document = DocumentValues(body)
        if document.values.isEmpty, !document.isDone {
            let failure = document.failure.map { "\($0)" } ?? "nothing of an answer is in it"
            throw LLMError(
                .decode, "the body is neither an event stream nor JSON (\(failure)): \(BodyBeginning.shown(body))")
        }
        let start = chunks.count
        do {
            try decoder.decode(document, isOrderly: isOrderly, into: &chunks)
        } catch {
            accumulate(chunks, from: start)
            finish(into: &chunks)
            throw error
        }
        accumulate(chunks, from: start)
        if decoder.hasWholes { try addWholes(into: &chunks) }
        finish(into: &chunks)
        position?.note(chunks[start...], from: parser.eventsEnd)
        if isAnswered { return }
        if decoder.lacksFinishReason { throw .withoutFinishReason }
        throw LLMError(.cut, "the answer has no finish reason")
    }
}

/// The beginning of a body as long as nothing of an answer came: it may be an error in a form of its own.
struct BodyBeginning: Sendable {
    private static let maximumBytes = 1 << 14

    private(set) var bytes: [UInt8] = []
    private var isKept = true

    /// Keeps what the bound has room for.
    mutating func keep(_ more: Span<UInt8>) {
        guard isKept, bytes.count < Self.maximumBytes else { return }
        let kept = more.extracting(first: Self.maximumBytes - bytes.count)
        unsafe kept.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// Keeps no more: something of an answer came.
    mutating func drop() {
        if isKept { (isKept, bytes) = (false, []) }
    }

    /// What it says, to be shown; nil where it says nothing, or something of an answer came.
    var text: String? {
        guard isKept else { return nil }
        let lines = bytes.split { $0 == 0x0A || $0 == 0x0D }.filter { $0.first != UInt8(ascii: ":") }
        let text = Self.shown(Array(lines.joined(separator: [0x20])))
        let shown = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        return shown.isEmpty ? nil : String(shown)
    }

    /// Whether a text begins, or may go on, with a field of an event stream.
    static func isFieldOfEvents(_ text: String) -> Bool {
        ["data", "event", "id", "retry"].contains { name in
            text.hasPrefix(name + ":") || text == name || name.hasPrefix(text)
        }
    }

    /// As much of a body as a message shows.
    static func shown(_ body: [UInt8]) -> String {
        String(decoding: body.prefix(200), as: UTF8.self)
    }
}
