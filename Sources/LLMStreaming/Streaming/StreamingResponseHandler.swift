import ServerSentEvents

/// Turns the bytes of one response into chunks and knows when the answer is whole (SPEC 4).
///
/// A value that its stream owns: bytes in, chunks out, no I/O. It begins as `streaming` and ends exactly once, as
/// `ended` or, by whatever throws, as `failed`; what comes after that changes nothing. Chunks decoded before a fault are
/// in the list all the same, and `accumulator` holds them. It holds nothing but memory: dropping it is all the cleanup
/// there is.
///
/// ```swift
/// var handler = StreamingResponseHandler(provider: client.endpoint.provider, choices: 1)
/// var chunks: [StreamedChunk] = []
/// for await bytes in body { try handler.receive(bytes.span, into: &chunks) }
/// try handler.receiveEnd(into: &chunks)
/// let completion = try handler.completion()
/// ```
public struct StreamingResponseHandler: Sendable {
    /// How far the answer is.
    public enum Phase: Sendable, Equatable {
        /// Content is still missing.
        case streaming
        /// Every choice has its finish reason, or a message has stopped; usage and late errors may follow, and in a
        /// Messages stream another message, which makes it `streaming` again.
        case answered
        /// The protocol's own end came, or the body's.
        case ended
        /// Something came that ends the attempt: an error of the provider's, or what cannot be read.
        case failed
    }

    /// The bounds of a stream (SPEC 11).
    public struct Limits: Sendable, Equatable {
        /// The most bytes of one event.
        public var maximumEventBytes = SSEParser.defaultMaximumEventBytes
        /// The most bytes of one completion.
        public var maximumCompletionBytes = 64 << 20
        /// The default bounds.
        public init() {}
    }

    /// What came so far.
    public private(set) var accumulator: StreamingAccumulator
    private let limits: Limits
    private var parser: SSEParser
    private var decoder: StreamDecoder
    private var isBodyEnded = false
    private var isFailed = false
    /// How far it was read, if its server keeps it.
    private var position: ReplayPosition?
    /// The beginning of a body in which no event was found yet: it may be an error document (WIRE.md 5.3).
    private var opening: [UInt8] = []
    /// The most reasoning details, and the most citations, of one answer: some servers send one for each token.
    private static let maximumParts = 100_000
    private static let maximumOpeningBytes = 1 << 14

    /// A handler for the answer to a request of a provider.
    ///
    /// - Parameters:
    ///   - provider: who answers.
    ///   - choices: how many answers were asked for.
    ///   - limits: the bounds of its size.
    ///   - dialect: the request's; nil for the provider's own.
    ///   - cursor: where the stream stands before its first byte, if its server keeps it; `takeCursor` then tells how
    ///     far it was read.
    public init(
        provider: Provider, choices: Int, dialect: Dialect? = nil, limits: Limits = Limits(),
        cursor: ReplayCursor? = nil
    ) {
        let dialect = dialect ?? provider.dialect
        self.limits = limits
        position = cursor.map(ReplayPosition.init)
        parser = SSEParser(maximumEventBytes: limits.maximumEventBytes, errorFieldIsEvent: true)
        decoder = StreamDecoder(
            dialect, choices: choices, omitsFinishReason: provider.omitsFinishReason,
            isContinued: cursor?.isBehindStart ?? false)
        accumulator = StreamingAccumulator(dialect: dialect)
    }

    /// How far the answer is.
    public var phase: Phase {
        if isFailed { return .failed }
        if isOver { return .ended }
        return isAnswered ? .answered : .streaming
    }

    /// Whether nothing that comes counts any more.
    private var isOver: Bool { decoder.isEnded || isBodyEnded || isFailed }

    /// Whether nothing of the answer is missing.
    public var isAnswered: Bool { decoder.isAnswered && accumulator.hasContent && !isFailed }

    /// The whole answer, or an error of kind `cut`.
    public func completion() throws(LLMError) -> Completion {
        try accumulator.completion(isComplete: isAnswered)
    }

    /// Takes bytes of an event stream and appends the chunks they complete; what follows the end is ignored.
    ///
    /// - Throws: the error that stands in the stream, or why it cannot be read any further.
    public mutating func receive(_ bytes: Span<UInt8>, into chunks: inout [StreamedChunk]) throws(LLMError) {
        guard !isOver else { return }
        do { try read(bytes, into: &chunks) } catch {
            isFailed = true
            throw error
        }
    }

    private mutating func read(_ bytes: Span<UInt8>, into chunks: inout [StreamedChunk]) throws(LLMError) {
        if parser.eventCount == 0 { keepOpening(bytes) }
        parser.append(bytes)
        while !decoder.isEnded {
            let event: ServerSentEvent?
            let begin = parser.eventsEnd
            do { event = try parser.nextEvent() } catch { throw oversized }
            guard let event else { return }
            try handle(event, from: begin, into: &chunks)
        }
    }

    /// Takes the end of an event stream's body.
    ///
    /// - Throws: the error that the body was instead of events, or kind `cut` where the answer is not whole.
    public mutating func receiveEnd(into chunks: inout [StreamedChunk]) throws(LLMError) {
        guard !isBodyEnded, !isFailed else { return }
        isBodyEnded = true
        do { try readEnd(into: &chunks) } catch {
            isFailed = true
            throw error
        }
    }

    private mutating func readEnd(into chunks: inout [StreamedChunk]) throws(LLMError) {
        while !decoder.isEnded {
            // The official clients dispatch a last event that lacks its blank line (WIRE.md 2).
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
            }
        }
        finish(into: &chunks)
        if isAnswered { return }
        if parser.eventCount == 0, let error = errorDocument { throw error }
        throw LLMError(.cut, "the stream ended before the answer did")
    }

    /// Takes one whole completion that came as a JSON document instead of a stream.
    public mutating func receiveWhole(_ body: [UInt8], into chunks: inout [StreamedChunk]) throws(LLMError) {
        guard !isOver else { return }
        isBodyEnded = true
        do { try readWhole(body, into: &chunks) } catch {
            isFailed = true
            throw error
        }
    }

    private mutating func readWhole(_ body: [UInt8], into chunks: inout [StreamedChunk]) throws(LLMError) {
        let json: JSON
        do { json = try JSONParser.parse(body) } catch {
            throw LLMError(.decode, "the body is neither an event stream nor JSON: \(error)")
        }
        let start = chunks.count
        do { try decoder.decodeWhole(json, into: &chunks) } catch {
            accumulate(chunks, from: start)
            finish(into: &chunks)
            throw error
        }
        accumulate(chunks, from: start)
        position?.note(chunks[start...], from: parser.eventsEnd)
        guard isAnswered else { throw LLMError(.cut, "the answer has no finish reason") }
    }

    /// Appends a cursor behind the chunks that came since the last one, where the stream's server keeps it.
    ///
    /// To be called once for each batch of chunks that is handed on, so that both are stored together.
    ///
    /// There is none within a character: the rest of the stream would begin with its second half.
    public mutating func takeCursor(into chunks: inout [StreamedChunk]) {
        guard position != nil, !decoder.isWithinCharacter else { return }
        let cursor = position?.takeCursor(
            bytes: parser.byteCount, eventsEnd: parser.eventsEnd, responseID: accumulator.responseID,
            sequenceNumber: decoder.sequenceNumber)
        guard let cursor else { return }
        let chunk = StreamedChunk(.cursor, cursor.text)
        chunks.append(chunk)
        accumulator.add(chunk)
    }

    private mutating func handle(
        _ event: ServerSentEvent, from begin: Int, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
        if !opening.isEmpty { opening = [] }
        // An event without data carries nothing; servers send it to keep the line open.
        if event.data.isEmpty { return }
        let count = chunks.count
        do { try decoder.decode(event, into: &chunks) } catch {
            position?.isBroken = true
            accumulate(chunks, from: count)
            finish(into: &chunks)
            throw error
        }
        accumulate(chunks, from: count)
        if decoder.hasWholes { try addWholes(into: &chunks) }
        position?.note(chunks[count...], from: begin)
        guard accumulator.byteCount <= limits.maximumCompletionBytes else {
            throw LLMError(.oversizedCompletion, "the answer is over \(limits.maximumCompletionBytes) bytes")
        }
        guard accumulator.partCount <= Self.maximumParts else {
            throw LLMError(.decode, "more than \(Self.maximumParts) reasoning details or citations")
        }
    }

    /// Appends what only a whole message told.
    private mutating func addWholes(into chunks: inout [StreamedChunk]) throws(LLMError) {
        let start = chunks.count
        defer { accumulate(chunks, from: start) }
        try decoder.addWholes(after: accumulator, into: &chunks)
    }

    /// Appends what the decoder held back until the end.
    private mutating func finish(into chunks: inout [StreamedChunk]) {
        let start = chunks.count
        decoder.finish(into: &chunks)
        accumulate(chunks, from: start)
        position?.note(chunks[start...], from: parser.eventsEnd)
    }

    private mutating func accumulate(_ chunks: [StreamedChunk], from start: Int) {
        for index in start..<chunks.count { accumulator.add(chunks[index]) }
    }

    private mutating func keepOpening(_ bytes: Span<UInt8>) {
        let room = Self.maximumOpeningBytes - opening.count
        guard room > 0 else { return }
        let kept = bytes.extracting(first: room)
        unsafe kept.withUnsafeBufferPointer { unsafe opening.append(contentsOf: $0) }
    }

    /// The error that a body without events is (WIRE.md 5.3).
    private var errorDocument: LLMError? {
        guard let json = try? JSONParser.parse(opening), let object = json.object else { return nil }
        return ErrorClassifier.inBand(object, isBare: true)
            ?? LLMError(.decode, "the body is one JSON document under the name of an event stream")
    }

    private var oversized: LLMError {
        LLMError(.oversizedEvent, "an event is over \(limits.maximumEventBytes) bytes")
    }
}
