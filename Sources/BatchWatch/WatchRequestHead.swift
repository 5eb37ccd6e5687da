import NIOHTTP1

/// What of a request's head decides how it is taken, and how its connection goes on.
extension HTTPRequestHead {
    /// The bytes of its body as far as they are told.
    var toldBodyBytes: Int { headers.first(name: "content-length").flatMap { Int($0) } ?? 0 }

    /// Whether the client sends its body once it is told to go on (RFC 9110, 10.1.1).
    var waitsToGoOn: Bool {
        version == .http1_1 && headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    }

    /// Whether its answer has a body.
    var hasAnswerBody: Bool { method != .HEAD }

    /// Whether another request may come behind it: NIO reads nothing behind one that asks for another protocol.
    var mayBeFollowed: Bool { isKeepAlive && method != .CONNECT && !headers.contains(name: "upgrade") }
}
