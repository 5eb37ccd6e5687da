/// How far a stream was read that its server keeps and can send the rest of (SPEC 8, replay).
public struct ReplayCursor: Sendable, Hashable {
    /// How a server is asked for the rest of a stream.
    public enum Form: String, Sendable, Hashable, CaseIterable {
        /// llama.cpp's `X-Conversation-Id`: the position is a byte of the body (WIRE.md 8).
        case conversation
        /// A stored or background response of the Responses API: the position is the sequence number of the last event
        /// (WIRE.md 6).
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

    /// The cursor that such a text tells; nil where it is none.
    public init?(text: String) {
        let parts = text.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, let form = Form(rawValue: String(parts[0])), let position = Int(parts[1]),
            (-1...NumberGate.counts.upperBound).contains(position)
        else { return nil }
        self.init(form, id: String(parts[2]), position: position)
    }
}
