import ServerSentEvents

/// Turns the bytes of one response into chunks and knows when the answer is whole
/// (Contract, "When an answer is complete").
///
/// A value that its stream owns: bytes in, chunks out, no I/O. It begins as `streaming` and ends exactly once, as
/// `ended` or, by whatever throws, as `failed`; what comes after that changes nothing. Chunks decoded before a fault
/// are in the list all the same, and `accumulator` holds them. It holds nothing but memory: dropping it is all the
/// cleanup there is.
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

    /// What came so far.
    public private(set) var accumulator: StreamingAccumulator
    private let limits: Limits
    var parser: SSEParser
    var decoder: StreamDecoder
    var isBodyEnded = false
    var isFailed = false
    /// The bytes that it held in memory after the last read, roughly: events that came and what was made of them.
    package private(set) var heldByteCount = 0
    /// How far it was read, if its server keeps it.
    var position: ReplayPosition?
    var beginning = BodyBeginning()
    /// The most reasoning details, and the most citations, of one answer: some servers send one for each token.
    private static let maximumParts = 100_000
    /// So many events in a read are few.
    private static let fewEvents = 2
    /// The most memory that an answer may take: values may be many times as large as their text.
    private var heldLimit: Int { 4 * limits.maximumCompletionBytes.clamped(to: 0...(1 << 50)) + (1 << 20) }

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
        parser = SSEParser(
            maximumEventBytes: limits.maximumEventBytes, errorFieldIsEvent: true, objectLinesAreEvents: true)
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
    var isOver: Bool { decoder.isEnded || isBodyEnded || isFailed }

    /// Whether nothing of the answer is missing.
    ///
    /// A chat answer that stops in its thinking is one only where its stream has ended: servers that put a finish
    /// reason on every chunk do so on the thinking's too.
    public var isAnswered: Bool {
        decoder.isAnswered && accumulator.hasContent && !isFailed
            && (decoder.isClosed || !accumulator.stopsInThinking)
    }

    /// Whether the answer is whole if nothing more of it comes in a while.
    package var awaitsOnlyItsEnd: Bool {
        isAnswered || !isFailed && !decoder.isAnswered && decoder.awaitsOnlyItsEnd
    }

    /// The whole answer, or an error of kind `cut`.
    public func completion() throws(LLMError) -> Completion {
        if !isAnswered, decoder.lacksFinishReason { throw .withoutFinishReason }
        return try accumulator.completion(isComplete: isAnswered)
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
        beginning.keep(bytes)
        let earlierCount = parser.eventCount
        parser.append(bytes)
        defer {
            decoder.noteEnd()
            heldByteCount = parser.bufferedByteCount + parser.namedByteCount + accumulator.heldByteCount
        }
        while !decoder.isEnded {
            let event: ServerSentEvent?
            let begin = parser.eventsEnd
            do { event = try parser.nextEvent() } catch { throw oversized }
            guard let event else { break }
            try handle(event, from: begin, into: &chunks)
        }
        // Who sends few at a time leaves long silences, in which a thousand streams would hold a megabyte of room.
        if parser.eventCount - earlierCount <= Self.fewEvents { parser.giveBackRoom() }
    }

    /// The beginning of a body that brought nothing of an answer, to be shown; nil where it said nothing.
    package var openingText: String? { beginning.text }

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

    mutating func handle(
        _ event: ServerSentEvent, from begin: Int, into chunks: inout [StreamedChunk]
    ) throws(LLMError) {
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
        if chunks.count > count { beginning.drop() }
        if decoder.hasWholes { try addWholes(into: &chunks) }
        position?.note(chunks[count...], from: begin)
        guard accumulator.byteCount <= limits.maximumCompletionBytes - limits.keptByteCount else {
            throw LLMError(.oversizedCompletion, "the answer is over \(limits.maximumCompletionBytes) bytes")
        }
        guard accumulator.heldByteCount <= heldLimit else {
            throw LLMError(.oversizedCompletion, "the answer's pieces take over \(heldLimit) bytes of memory")
        }
        guard accumulator.partCount <= Self.maximumParts else {
            throw LLMError(.decode, "more than \(Self.maximumParts) reasoning details or citations")
        }
    }

    /// Appends what only a whole message told.
    mutating func addWholes(into chunks: inout [StreamedChunk]) throws(LLMError) {
        let start = chunks.count
        defer { accumulate(chunks, from: start) }
        try decoder.addWholes(after: accumulator, into: &chunks)
    }

    /// Appends what the decoder held back until the end.
    mutating func finish(into chunks: inout [StreamedChunk]) {
        let start = chunks.count
        decoder.finish(into: &chunks)
        accumulate(chunks, from: start)
        position?.note(chunks[start...], from: parser.eventsEnd)
    }

    mutating func accumulate(_ chunks: [StreamedChunk], from start: Int) {
        for index in start..<chunks.count { accumulator.add(chunks[index]) }
    }

    var oversized: LLMError {
        LLMError(.oversizedEvent, "an event is over \(limits.maximumEventBytes) bytes")
    }
}
