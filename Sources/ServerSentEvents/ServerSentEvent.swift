/// One event of a server-sent event stream, as the rule of WHATWG HTML 9.2.6 dispatches it.
public struct ServerSentEvent: Sendable, Equatable {
    /// What the `event` field named, and "message" where the block named nothing.
    public var type: String

    /// The values of the block's `data` lines, joined by LF, byte for byte as sent.
    ///
    /// Usually a slice of the parser's own buffer: indices do not start at 0, and holding it for long holds
    /// the bytes of its neighbours too. Copy what has to outlive the read.
    public var data: ArraySlice<UInt8>

    /// The last event ID at the moment of dispatch, "" if the stream named none.
    public var id: String

    /// Creates an event, as a parser or a test needs it.
    public init(type: String = "message", data: ArraySlice<UInt8>, id: String = "") {
        self.type = type
        self.data = data
        self.id = id
    }

    /// The data decoded as UTF-8, invalid sequences replaced by U+FFFD.
    public var text: String { String(decoding: data, as: UTF8.self) }
}

/// Why a server-sent event stream cannot be parsed any further.
public enum SSEError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One event grew beyond `limit` bytes; the events before it are whole.
    case eventTooLarge(limit: Int)

    /// What happened, for a reader.
    public var description: String {
        switch self {
        case .eventTooLarge(let limit): "an event of the stream is larger than the limit of \(limit) bytes"
        }
    }
}
