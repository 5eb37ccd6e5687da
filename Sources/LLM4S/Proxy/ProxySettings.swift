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
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
