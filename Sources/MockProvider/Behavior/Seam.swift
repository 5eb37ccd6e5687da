/// What is repeated where a user message asks to go on from the partial answer before it.
package enum Seam: Sendable, Hashable {
    /// The last words of the partial answer, a cut one said whole; with none the rest follows exactly.
    case words(Int)
    /// The rest, without the white space that it begins with.
    case bare
    /// The whole text from its start.
    case whole
    /// Another text: the one that answers the asking message.
    case anew
}
