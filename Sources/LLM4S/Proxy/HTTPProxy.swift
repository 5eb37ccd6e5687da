import Foundation
import LLMStreaming

/// A proxy that requests go through; no description of it shows its password.
package struct HTTPProxy: Sendable, Equatable {
    /// Where it is; secure where TLS is spoken with the proxy itself.
    let origin: Origin
    /// The value of Proxy-Authorization; nil where its URL has no user.
    let authorization: String?
    /// User and password in all forms in which the proxy may repeat them.
    let secrets: [String]

    /// Reads `[http[s]://][user[:password]@]host[:port][/]`; nil for anything else.
    ///
    /// Without a scheme it is http. User and password are percent-encoded. What follows the host is ignored.
    init?(_ text: String) {
        let scheme = text.range(of: "://").map { text[..<$0.upperBound].lowercased() } ?? "http://"
        guard ["http://", "https://"].contains(scheme) else { return nil }
        let rest = text.range(of: "://").map { text[$0.upperBound...] } ?? text[...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        guard let (origin, _) = Origin.split(url: scheme + host) else { return nil }
        self.origin = origin
        guard let end = authority.lastIndex(of: "@") else {
            (authorization, secrets) = (nil, [])
            return
        }
        let user = authority[..<end]
        let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            .map { $0.removingPercentEncoding ?? String($0) }
        let credentials = parts[0] + ":" + (parts.count > 1 ? parts[1] : "")
        let encoded = Data(credentials.utf8).base64EncodedString()
        authorization = "Basic " + encoded
        secrets = [String(user), credentials, encoded] + parts
    }
}

extension HTTPProxy: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Host and port.
    package var description: String { "the proxy \(origin.endpointName)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: ["origin": origin]) }
}
