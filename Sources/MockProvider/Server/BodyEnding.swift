/// How a response's body comes to its end on the wire.
enum BodyEnding: Sendable, Hashable {
    /// As HTTP has it.
    case complete
    /// The answer is whole, but the body's end never comes.
    case leftOpen
    /// Nothing comes any more.
    case silent
    /// The connection is closed, without the body's end.
    case cut
    /// The connection is reset.
    case reset
}
