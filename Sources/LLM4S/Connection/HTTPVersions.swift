import LLMStreaming

extension HTTPVersions {
    /// The name of HTTP/2 in TLS (RFC 7301).
    static let http2Name = "h2"

    /// What is offered to a server in TLS, what we prefer first.
    var offers: [String] {
        switch self {
        case .auto: [Self.http2Name, "http/1.1"]
        case .http1: ["http/1.1"]
        case .http2: [Self.http2Name]
        }
    }

    /// Whether a connection to an origin may carry many streams.
    func maySpeakHTTP2(isSecure: Bool) -> Bool { self == .http2 || self == .auto && isSecure }
}
