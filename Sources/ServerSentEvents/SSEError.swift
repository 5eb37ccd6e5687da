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
