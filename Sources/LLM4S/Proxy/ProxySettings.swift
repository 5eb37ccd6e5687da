import Foundation
package import LLMStreaming

/// Which origins are reached through which proxy: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of an environment.
///
/// The names are read in lower case first, as other tools do. This machine itself (`localhost`, 127.0.0.0/8, ::1) is
/// always reached directly, as with Go's clients: a proxy's localhost is another one.
package struct ProxySettings: Sendable, Equatable {
    private enum Choice: Sendable, Equatable {
        case none
        case proxy(HTTPProxy)
        /// The variable's name: its value holds no URL, but perhaps a password.
        case malformed(variable: String)
    }

    private var secure = Choice.none
    private var plain = Choice.none
    private var exemptions = ProxyExemptions("")
    /// Strikes out users and passwords of the proxies, which repeat them in what they answer.
    private(set) var redactor = Redactor([])

    /// No proxy.
    package init() {}

    /// The settings of an environment.
    package init(environment: [String: String]) {
        secure = Self.choice("https_proxy", environment)
        plain = Self.choice("http_proxy", environment)
        exemptions = ProxyExemptions(environment["no_proxy"] ?? environment["NO_PROXY"] ?? "")
        redactor = Redactor(
            [secure, plain].flatMap { choice -> [String] in
                if case .proxy(let proxy) = choice { proxy.secrets } else { [] }
            })
    }

    /// Finds what is wrong before anything is sent.
    ///
    /// - Throws: `ConfigurationError` naming the variable that should hold the URL of the origin's proxy and does not.
    package func check(_ origin: Origin) throws(ConfigurationError) {
        do throws(LLMError) { _ = try proxy(for: origin) } catch { throw ConfigurationError(error.message) }
    }

    /// The proxy that an origin is reached through; nil for none.
    ///
    /// - Throws: kind `proxy` where the variable holds no URL of one.
    func proxy(for origin: Origin) throws(LLMError) -> HTTPProxy? {
        if Self.isThisMachine(origin.host) || exemptions.include(origin) { return nil }
        switch origin.isSecure ? secure : plain {
        case .none: return nil
        case .proxy(let proxy): return proxy
        case .malformed(let variable): throw LLMError(.proxy, Self.fault(variable), shouldRetry: false)
        }
    }

    private static func choice(_ name: String, _ environment: [String: String]) -> Choice {
        for variable in [name, name.uppercased()] {
            guard let text = environment[variable], !text.isEmpty else { continue }
            return HTTPProxy(text).map(Choice.proxy) ?? .malformed(variable: variable)
        }
        return .none
    }

    private static func fault(_ variable: String) -> String {
        "\(variable) holds no URL of an http or https proxy, such as http://proxy.example.com:3128"
    }

    private static func isThisMachine(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        guard host.hasPrefix("127.") else { return false }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}

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

/// The origins of NO_PROXY, which are reached directly.
struct ProxyExemptions: Sendable, Equatable {
    private struct Entry: Sendable, Equatable {
        /// Without a dot before it.
        var name: String
        /// Nil stands for all ports.
        var port: Int?
    }

    private let areAll: Bool
    private let entries: [Entry]

    /// Reads a list, separated by commas or white space: `*` for everything, or names, each with or without a port.
    ///
    /// A name stands for itself and for all names below it, with or without a dot before it: `example.com` and
    /// `.example.com` both exempt `api.example.com`, and none exempts `myexample.com`. Addresses stand for themselves.
    init(_ text: String) {
        let words = text.split { $0 == "," || $0.isWhitespace }
        areAll = words.contains("*")
        entries = words.map(Self.entry)
    }

    /// Whether an origin is among them.
    func include(_ origin: Origin) -> Bool {
        areAll
            || entries.contains { entry in
                (entry.port == nil || entry.port == origin.port)
                    && (origin.host == entry.name || origin.host.hasSuffix("." + entry.name))
            }
    }

    private static func entry(_ word: Substring) -> Entry {
        var host = word.lowercased()[...]
        var port: Int?
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            port = Int(host[end...].dropFirst(2))
            host = host[host.index(after: host.startIndex)..<end]
        } else if host.filter({ $0 == ":" }).count == 1, let colon = host.firstIndex(of: ":") {
            port = Int(host[host.index(after: colon)...])
            host = host[..<colon]
        }
        if host.hasPrefix("*.") { host = host.dropFirst() }
        return Entry(name: String(host.drop { $0 == "." }), port: port)
    }
}
