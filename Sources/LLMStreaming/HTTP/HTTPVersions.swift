/// Which versions of HTTP are spoken.
public enum HTTPVersions: String, Sendable, Hashable, CaseIterable {
    /// With TLS the one of the two that the server chooses, without it HTTP/1.1.
    case auto
    /// HTTP/1.1 only.
    case http1 = "1"
    /// HTTP/2 only, without TLS by prior knowledge (RFC 9113, section 3.3).
    case http2 = "2"
}
