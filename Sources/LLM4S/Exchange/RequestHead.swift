import LLMStreaming
import NIOHTTP1

extension HTTPRequestHead {
    /// The head of a request for a stream or a page.
    ///
    /// - Parameter proxy: the proxy on the way; without TLS it reads the head, and wants the whole address.
    /// - Throws: kind `invalid_request` where a configured header field cannot be sent; its value is not named.
    init(
        _ request: ProviderRequest, to endpoint: Endpoint, path: String, proxy: HTTPProxy? = nil, userAgent: String
    ) throws(LLMError) {
        var own = [HeaderField("host", endpoint.origin.authority)]
        if !request.body.isEmpty { own.append(HeaderField("content-type", "application/json")) }
        own.append(HeaderField("accept", request.isPage ? "text/plain, application/json" : "text/event-stream"))
        own.append(HeaderField("accept-encoding", "identity"))
        own.append(HeaderField("user-agent", userAgent))
        let method = HTTPMethod(rawValue: request.method)
        if method == .POST { own.append(HeaderField("content-length", String(request.body.count))) }
        let dialect = request.dialect ?? endpoint.provider.dialect
        let fields = dialect.headers + endpoint.provider.headers + request.headers + endpoint.authorizationFields
        for field in fields {
            guard Self.isToken(field.name), !Self.framing.contains(field.name.lowercased()),
                field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else {
                throw LLMError(
                    .invalidRequest, "the header field '\(field.name)' of '\(endpoint.provider.name)' is malformed")
            }
        }
        // The user's own field replaces ours; a key goes out once only.
        var headers = HTTPHeaders((own + fields).lastOfEachName.map { ($0.name, $0.value) })
        var target = path
        if let proxy, !endpoint.origin.isSecure {
            target = endpoint.origin.description + path
            if let authorization = proxy.authorization {
                headers.replaceOrAdd(name: "proxy-authorization", value: authorization)
            }
        }
        self.init(version: .http1_1, method: method, uri: target, headers: headers)
    }

    /// Fields that say where a message ends, which is ours to say.
    private static let framing: Set<String> = ["content-length", "transfer-encoding", "connection"]

    /// Whether a text is a field name (RFC 9110, section 5.6.2).
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
