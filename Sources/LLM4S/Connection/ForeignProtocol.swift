import NIOCore

/// A protocol that a server speaks in place of HTTP/1.1, told by the first bytes that it sends.
enum ForeignProtocol: Error, Sendable {
    case http2
    case tls

    /// Nil where the bytes are of neither.
    init?(_ bytes: ByteBuffer) {
        let first = Array(bytes.readableBytesView.prefix(9))
        guard first.count >= 3 else { return nil }
        if (0x14...0x17).contains(first[0]), first[1] == 3, first[2] <= 4 {
            self = .tls
        } else if first.count == 9, first[0] == 0, [4, 7].contains(first[3]), first[5...].allSatisfy({ $0 == 0 }) {
            // A server's first frame is SETTINGS on the stream 0 (RFC 9113, section 3.4), or GOAWAY.
            self = .http2
        } else {
            return nil
        }
    }

    var reason: String {
        switch self {
        case .http2: TLSFault.http2Only.reason
        case .tls: "the server speaks TLS on this port"
        }
    }
}
