/// How far a stream was read that its server keeps and can send the rest of (Provider facts, "Resuming a stream").
public struct ReplayCursor: Sendable, Hashable {
    /// How a server is asked for the rest of a stream.
    public enum Form: String, Sendable, Hashable, CaseIterable {
        /// llama.cpp's `X-Conversation-Id`: the position is a byte of the body.
        case conversation
        /// A stored or background response of the Responses API: the position is the sequence number of the last event.
        case response
    }

    /// How the server is asked.
    public var form: Form
    /// What the stream is called: the conversation that we named, or the response as the provider calls it.
    public var id: String
    /// How much of it was read; a response of which nothing came is at -1.
    public var position: Int

    /// A cursor.
    public init(_ form: Form, id: String, position: Int) {
        self.form = form
        self.id = id
        self.position = position
    }

    /// Whether something of the stream was read.
    var isBehindStart: Bool { position > (form == .conversation ? 0 : -1) }

    /// As a chunk of kind `cursor` holds it: form, position and id, with spaces between.
    public var text: String { "\(form.rawValue) \(position) \(id)" }

    /// The cursor that such a text tells; nil for anything else.
    public init?(text: String) {
        let parts = text.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, let form = Form(rawValue: String(parts[0])), let position = Int(parts[1]),
            (-1...NumberGate.counts.upperBound).contains(position)
        else { return nil }
        self.init(form, id: String(parts[2]), position: position)
    }
}

/// How far a stream was read that its server keeps, so that what comes of its rest joins on without a gap or a repeat.
struct ReplayPosition: Sendable {
    /// Where the stream stood before its first byte.
    private let start: ReplayCursor
    /// Whether chunks came that no cursor stands behind.
    private var lacksCursor = false
    /// Where the events begin that end the answer and bring nothing of it, in bytes; nil while none came.
    ///
    /// A stream that breaks behind them is asked for them again: without them its rest would be no answer, and nothing
    /// comes twice.
    private var endingStart: Int?
    /// Whether the last event read was one that the body's end cut off: it lacks its blank line only.
    var isLastEventUnfinished = false
    /// Whether something came that cannot be read: what follows it is not asked for again.
    var isBroken = false

    init(_ start: ReplayCursor) { self.start = start }

    /// Takes the chunks that came of one event, which began at a number of bytes behind the start.
    mutating func note(_ chunks: ArraySlice<StreamedChunk>, from begin: Int) {
        if !chunks.isEmpty { lacksCursor = true }
        var ends = false
        for chunk in chunks where chunk.isContent {
            guard chunk.kind == .finish || chunk.kind == .nativeFinish else {
                endingStart = nil
                return
            }
            ends = true
        }
        if ends { endingStart = endingStart ?? begin }
    }

    /// A cursor behind the chunks that came since the last one; nil where none is needed, or can be had.
    ///
    /// - Parameters:
    ///   - bytes: of the body, all that came.
    ///   - eventsEnd: before the end of its last whole event.
    ///   - responseID: what the response calls itself.
    ///   - sequenceNumber: of its last event.
    mutating func takeCursor(
        bytes: Int, eventsEnd: Int, responseID: String?, sequenceNumber: Int?
    ) -> ReplayCursor? {
        guard lacksCursor, !isBroken else { return nil }
        var cursor = start
        switch cursor.form {
        case .conversation:
            cursor.position += endingStart ?? (isLastEventUnfinished ? bytes : eventsEnd)
        case .response:
            guard let id = responseID ?? (cursor.id.isEmpty ? nil : cursor.id) else { return nil }
            cursor.id = id
            cursor.position = sequenceNumber ?? cursor.position
        }
        lacksCursor = false
        return cursor
    }
}
