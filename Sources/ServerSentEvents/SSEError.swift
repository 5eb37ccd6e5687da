/// Why a server-sent event stream cannot be parsed any further.
public enum SSEError: Error, Sendable, Equatable {
    /// One event grew beyond `limit` bytes; the events before it are whole.
    case eventTooLarge(limit: Int)
}
