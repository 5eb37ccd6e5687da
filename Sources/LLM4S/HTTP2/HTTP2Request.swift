import LLMStreaming
import NIOHPACK
import NIOHTTP1

extension HPACKHeaders {
    /// The head of a request as HTTP/2 has it (RFC 9113, sections 8.2 and 8.3).
    init(_ head: HTTPRequestHead, to origin: Origin) {
        self.init([
            (":method", head.method.rawValue), (":scheme", origin.isSecure ? "https" : "http"),
            (":authority", head.headers.first(name: "host") ?? origin.authority), (":path", head.uri),
        ])
        for (name, value) in head.headers {
            let name = name.lowercased()
            let value = name == "te" ? value.lowercased() : value
            guard !Self.ofConnection.contains(name), name != "te" || value == "trailers" else { continue }
            // A secret is not to be guessed from how well it compresses (RFC 7541, section 7.1).
            add(
                name: name, value: Self.trimmed(value),
                indexing: Self.isSecret(name) ? .neverIndexed : .indexable)
        }
    }

    /// Fields that are of a connection, and malformed on a stream; the host is told otherwise.
    private static let ofConnection: Set<String> = [
        "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
        "http2-settings",
    ]

    /// Spaces around a value are no part of it (RFC 9110, section 5.5), and malformed here.
    private static func trimmed(_ value: String) -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard value.first.map(isSpace) == true || value.last.map(isSpace) == true else { return value }
        return String(String(value.drop(while: isSpace).reversed()).drop(while: isSpace).reversed())
    }

    private static func isSecret(_ name: String) -> Bool {
        ["auth", "key", "token", "secret", "cookie"].contains { name.contains($0) }
    }
}
