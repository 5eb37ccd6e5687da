/// A request that the mock received: what a script decides by, and what a test reads afterwards.
package struct MockRequest: Sendable {
    /// Its number among the server's requests for answers and stored runs, from 0.
    package let number: Int
    /// When its last byte was received.
    package let received: ContinuousClock.Instant
    package let method: String
    /// The path with its query, as it was sent.
    package let path: String
    /// The headers in their order.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// The number of its connection, from 0.
    package let connection: Int
    /// The body's model; empty when the body could not be read.
    package let model: String
    /// The text of the last user message; empty when there is none.
    package let lastUserText: String
    /// Bytes of the answer's body that were handed to the kernel.
    package internal(set) var bodyBytesWritten = 0
    /// Whether the client closed the connection before the answer was at its end.
    package internal(set) var wasClosedByClient = false
    /// What was sent; nil before the response's end, and unless `recordsResponses` is set.
    package internal(set) var response: ResponseRecord?

    /// The first value of a header, by its name in any case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The body as text.
    package var bodyText: String { String(decoding: body, as: UTF8.self) }
}
