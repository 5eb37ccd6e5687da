package import LLMStreaming

/// An event of a stream, by the rule of Server-Sent Events.
package struct EventText: Sendable {
    package var bytes: [UInt8]

    /// - Parameters:
    ///   - name: its type.
    ///   - id: what `Last-Event-ID` says where the stream is begun again; nil for none.
    ///   - value: in one line, as JSON is.
    package init(_ name: String, id: Int64? = nil, _ value: JSON) {
        bytes =
            Array((id.map { "id: \($0)\n" } ?? "").utf8) + Array("event: \(name)\ndata: ".utf8) + value.bytes
            + [0x0A, 0x0A]
    }

    /// Nothing, so that both ends know that the other is there.
    package static let heartbeat = Array(": \n\n".utf8)
    /// How soon a reader comes again, in milliseconds.
    package static let beginning = Array("retry: 1000\n\n".utf8)
}
