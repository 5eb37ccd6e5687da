/// Turns the bytes of a server-sent event stream into events (WHATWG HTML 9.2.6).
///
/// Append each read as it comes, then take events until there are none:
/// ```swift
/// var parser = SSEParser()
/// for await bytes in body {
///     parser.append(bytes)
///     while let event = try parser.nextEvent() { print(event.type, event.text) }
/// }
/// ```
/// How the stream is cut into reads never changes the events. Each byte is looked at once, when it is appended, and
/// only data not yet taken is kept: comments and unknown fields are counted or skipped as they stream in, whatever
/// their length. A line is ended by its CR at once; the LF of a CRLF is swallowed when it comes.
///
/// The properties tell of all bytes appended so far, whether or not their events have been taken.
public struct SSEParser: Sendable {
    /// The default of `maximumEventBytes`: 8 MiB.
    public static let defaultMaximumEventBytes = 8 << 20

    /// Where in a line the next byte falls.
    private enum Position {
        /// At the start of the stream, after the first bytes of a byte order mark.
        case byteOrderMark(matched: Int)
        /// At the start of a line, where a LF belongs to the CR that ended the line before.
        case afterCarriageReturn
        /// In a field's name, packed as in `SSEField`; 0 at the start of a line.
        case name(UInt64)
        /// Behind the colon, where one space is no part of the value.
        case afterColon(SSEField)
        case value(SSEField)
        /// In a comment or an unknown field.
        case skipped
    }

    private let maximumEventBytes: Int
    private let errorFieldIsEvent: Bool
    private let objectLinesAreEvents: Bool
    private var position = Position.byteOrderMark(matched: 0)
    private var queue = EventQueue()
    private var failure: SSEError?

    /// The value of a field other than `data` while its line comes in.
    private var value: [UInt8] = []
    /// The rule's event type buffer, "" when the block has named none.
    private var eventType = ""
    /// The rule's event type buffer as it was when the open event's data began, where the block named another since.
    private var typeBeforeData: String?
    /// The type named last, used again when the next is the same: most names of events are too long for a string
    /// without an allocation, and nearly all in a row are equal.
    private var namedType = ""
    /// The rule's last event ID buffer, which becomes the last event ID at the block's end.
    private var idBuffer = ""

    /// The ID that a reconnection would send as Last-Event-ID, "" if the stream named none.
    public private(set) var lastEventID = ""

    /// The `retry` field seen last, in milliseconds.
    public private(set) var reconnectionTime: Int?

    /// The comment lines seen, an unfinished one included: signs of life.
    public private(set) var commentCount = 0

    /// The events dispatched.
    public private(set) var eventCount = 0

    /// How many bytes of the stream lie before the end of the last event taken, its blank line included.
    ///
    /// A stream that is read on from there goes on with the next event.
    public var eventsEnd: Int { queue.takenEnd }

    /// The bytes appended before the ones that are parsed now.
    private var earlierByteCount = 0

    /// The bytes appended so far.
    public var byteCount: Int { earlierByteCount }

    /// Creates a parser for one stream.
    ///
    /// - Parameters:
    ///   - maximumEventBytes: The most bytes of one event's data, together with the field value that is coming in.
    ///   - errorFieldIsEvent: Whether a line of the non-standard field `error`, which old llama.cpp builds send, is
    ///     dispatched at once as an event of type "error" with its value as data. The block around it goes on.
    ///   - objectLinesAreEvents: Whether an event's first `data` line that is a whole JSON object is dispatched when a
    ///     further `data` line follows, which could only spoil it: some servers leave out the blank lines between
    ///     events.
    public init(
        maximumEventBytes: Int = defaultMaximumEventBytes, errorFieldIsEvent: Bool = false,
        objectLinesAreEvents: Bool = false
    ) {
        self.maximumEventBytes = maximumEventBytes
        self.errorFieldIsEvent = errorFieldIsEvent
        self.objectLinesAreEvents = objectLinesAreEvents
    }

    /// The bytes of data and field values held for events not yet taken, the unfinished one among them.
    public var bufferedByteCount: Int { queue.byteCount + value.count }

    /// The bytes of names that are kept from event to event: each may be as long as an event.
    package var namedByteCount: Int {
        lastEventID.utf8.count + idBuffer.utf8.count + eventType.utf8.count + namedType.utf8.count
            + (typeBeforeData?.utf8.count ?? 0)
    }

    /// Parses the next bytes of the stream; after an error they are ignored.
    public mutating func append(_ bytes: Span<UInt8>) {
        queue.reclaim()
        var index = 0
        defer { earlierByteCount += bytes.count }
        while index < bytes.count, failure == nil {
            let byte = bytes[index]
            switch position {
            case .name(0) where bytes.holdDataName(at: index):
                if queue.openSize != nil { dispatchWholeObject(before: index) }
                index += 5
                endName(SSEField.data.rawValue)
            case .name(let name):
                index += 1
                if byte == 0x0A || byte == 0x0D {
                    let count = eventCount
                    endLine(with: byte)
                    if eventCount > count { queue.end(at: earlierByteCount + index) }
                } else if byte == 0x3A {
                    if name == SSEField.data.rawValue, queue.openSize != nil { dispatchWholeObject(before: index - 5) }
                    endName(name)
                } else {
                    position = SSEField.name(name, appending: byte).map(Position.name) ?? .skipped
                }
            case .value(let field):
                let end = bytes.lineEnd(from: index)
                add(bytes.extracting(index..<end), to: field)
                index = end + 1
                if end < bytes.count, failure == nil { endLine(with: bytes[end]) }
            case .skipped:
                let end = bytes.lineEnd(from: index)
                index = end + 1
                if end < bytes.count { endLine(with: bytes[end]) }
            case .afterColon(let field):
                if byte == 0x20 { index += 1 }
                position = .value(field)
            case .afterCarriageReturn:
                if byte == 0x0A { index += 1 }
                position = .name(0)
            case .byteOrderMark(let matched):
                if byte == UInt8(truncatingIfNeeded: 0xBF_BB_EF >> (8 * matched)) {
                    index += 1
                    position = matched == 2 ? .name(0) : .byteOrderMark(matched: matched + 1)
                } else {
                    // Part of a mark is the start of a name, and of none that is known.
                    position = matched == 0 ? .name(0) : .skipped
                }
            }
        }
    }

    /// Parses the next bytes of the stream, without a copy where they lie in one piece.
    public mutating func append(_ bytes: some Sequence<UInt8>) {
        let isContiguous: Void? = bytes.withContiguousStorageIfAvailable { unsafe append($0.span) }
        if isContiguous == nil { append(Array(bytes).span) }
    }

    /// Gives the room of the taken events back, which is else kept for the next: for a stream that is silent for long
    /// between them.
    package mutating func giveBackRoom() { queue.giveBack() }

    /// Takes the next event, nil when the bytes appended so far hold no further one.
    ///
    /// - Throws: `SSEError`, for good, once the events before the fault have been taken.
    public mutating func nextEvent() throws(SSEError) -> ServerSentEvent? {
        if let event = queue.takeFirst() { return event }
        if let failure { throw failure }
        return nil
    }

    /// Takes the event that the end of the stream cut off, which the rule drops.
    ///
    /// Call it when the stream has ended, until it returns nil. Events not yet taken come first. A last line without
    /// a line end counts as a line.
    public mutating func unfinishedEvent() throws(SSEError) -> ServerSentEvent? {
        if let event = try nextEvent() { return event }
        switch position {
        case .name(0), .afterCarriageReturn, .byteOrderMark: break
        case .name, .afterColon, .value, .skipped: endLine(with: 0x0A)
        }
        if queue.openSize != nil { dispatch() }
        return try nextEvent()
    }

    /// Decides what a line is at its first colon.
    private mutating func endName(_ name: UInt64) {
        if name == 0 { commentCount += 1 }
        if let field = SSEField(rawValue: name), field != .error || errorFieldIsEvent {
            position = .afterColon(field)
            begin(field)
        } else {
            position = .skipped
        }
    }

    /// Makes room for a field's value.
    private mutating func begin(_ field: SSEField) {
        if field == .data, reserve(queue.openSize == nil ? 0 : 1) { queue.beginLine() }
    }

    /// Takes a piece of a field's value.
    private mutating func add(_ bytes: Span<UInt8>, to field: SSEField) {
        guard reserve(bytes.count) else { return }
        if field == .data {
            queue.append(bytes)
        } else {
            unsafe bytes.withUnsafeBufferPointer { unsafe value.append(contentsOf: $0) }
        }
    }

    /// Whether the open event has room for `size` bytes more; if not, the parser fails.
    private mutating func reserve(_ size: Int) -> Bool {
        if size <= maximumEventBytes - (queue.openSize ?? 0) - value.count { return true }
        failure = .eventTooLarge(limit: maximumEventBytes)
        queue.dropOpenEvent()
        value = []
        return false
    }

    /// Acts on the line that ends here, by LF or CR.
    private mutating func endLine(with lineEnd: UInt8) {
        switch position {
        case .name(0): dispatch()
        case .name(let name):
            // A line without a colon is a field with an empty value.
            endName(name)
            if case .afterColon(let field) = position { finish(field) }
        case .afterColon(let field), .value(let field): finish(field)
        case .skipped, .afterCarriageReturn, .byteOrderMark: break
        }
        position = lineEnd == 0x0D ? .afterCarriageReturn : .name(0)
    }

    /// Acts on a field whose value is whole.
    private mutating func finish(_ field: SSEField) {
        switch field {
        case .data: return
        case .event:
            if !value.elementsEqual(namedType.utf8) { namedType = String(decoding: value, as: UTF8.self) }
            if queue.openSize != nil, typeBeforeData == nil { typeBeforeData = eventType }
            eventType = namedType
        case .id:
            if !value.contains(0) { idBuffer = String(decoding: value, as: UTF8.self) }
        case .retry:
            if value.allSatisfy({ (0x30...0x39).contains($0) }), let time = Int(String(decoding: value, as: UTF8.self))
            {
                reconnectionTime = time
            }
        case .error:
            queue.insert(type: "error", data: value, id: lastEventID)
            eventCount += 1
            value = []
        }
        value.removeAll(keepingCapacity: true)
    }

    /// Ends the open event before a further `data` line, which begins at an index of the bytes that are parsed now, if
    /// what it has is a JSON object of one line.
    private mutating func dispatchWholeObject(before lineStart: Int) {
        guard objectLinesAreEvents, queue.isOpenEventWholeObject else { return }
        lastEventID = idBuffer
        let type = typeBeforeData ?? eventType
        // What was named behind the data is the next event's.
        if typeBeforeData == nil { eventType = "" }
        typeBeforeData = nil
        queue.closeEvent(type: type.isEmpty ? "message" : type, id: lastEventID)
        eventCount += 1
        queue.end(at: earlierByteCount + lineStart)
    }

    /// Ends the block at a blank line.
    private mutating func dispatch() {
        lastEventID = idBuffer
        typeBeforeData = nil
        if queue.openSize != nil {
            queue.closeEvent(type: eventType.isEmpty ? "message" : eventType, id: lastEventID)
            eventCount += 1
        }
        eventType = ""
    }
}
