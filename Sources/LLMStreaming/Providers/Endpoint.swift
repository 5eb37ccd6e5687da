/// A provider made ready for a run: its URL settled and its key found.
///
/// ```swift
/// if let provider = ProviderCatalog()["anthropic"] {
///     let endpoint = try Endpoint(
///         provider: provider, baseURL: "http://127.0.0.1:4010", environment: ["ANTHROPIC_API_KEY": key])
///     let client = LLMClient(endpoint: endpoint, model: "claude-haiku-4-5")
///     print(client.endpoint)
/// }
/// ```
public struct Endpoint: Sendable {
    /// What it consists of: 400 bytes that every stream holds in several places, behind one reference.
    private final class Parts: Sendable {
        let provider: Provider
        let origin: Origin
        let basePath: String
        let apiVersion: String?
        let credential: Credential?
        let redactor: Redactor

        init(
            provider: Provider, origin: Origin, basePath: String, apiVersion: String?, credential: Credential?
        ) {
            redactor = Redactor(
                [credential?.secret].compactMap { $0 } + HeaderSecrets.secrets(in: provider.headers))
            self.provider = provider
            self.origin = origin
            self.basePath = basePath
            self.apiVersion = apiVersion
            self.credential = credential
        }
    }

    private let parts: Parts

    /// The provider.
    public var provider: Provider { parts.provider }
    /// Where it is.
    public var origin: Origin { parts.origin }
    /// What stands before the dialect's path, without a slash at its end.
    public var basePath: String { parts.basePath }
    /// The version of an interface with dated paths; nil where paths are not dated.
    public var apiVersion: String? { parts.apiVersion }
    private var credential: Credential? { parts.credential }

    /// Settles URL and key from an environment.
    ///
    /// - Parameters:
    ///   - provider: the provider; its `baseURL` is used where no variable and no `baseURL` argument says otherwise.
    ///   - baseURL: a URL that goes before all others (`--base-url`).
    ///   - environment: the variables to look in.
    /// - Throws: `ConfigurationError` naming the variable to set or the URL that is wrong.
    public init(
        provider: Provider, baseURL: String? = nil, environment: [String: String]
    ) throws(ConfigurationError) {
        func variable(_ names: [String]) -> String? {
            names.lazy.compactMap { environment[$0].map(Self.trimmed) }.first { !$0.isEmpty }
        }
        let given = baseURL ?? variable(provider.baseURLVariables) ?? provider.baseURL
        let text = Self.url(Self.trimmed(given), provider)
        guard !text.isEmpty else {
            throw ConfigurationError(
                "provider '\(provider.name)' has no URL: set \(provider.baseURLVariables.first ?? "--base-url")")
        }
        guard let (origin, whole) = Origin.split(url: text) else {
            // A password may stand before an @, a key behind a question mark, or in the place of all.
            let isSecret = text.contains { "@?#".contains($0) } || !text.contains { ".:/".contains($0) }
            throw ConfigurationError(
                "provider '\(provider.name)': \(isSecret ? "the URL" : "'\(text)'") is not an http or https URL "
                    + "of a server, without user name, query and fragment")
        }
        // The whole address of an endpoint, as documentation shows it.
        var path = whole
        for endpoint in ["/chat/completions", "/responses", "/messages"] where path.hasSuffix(endpoint) {
            path = String(path.dropLast(endpoint.count))
        }
        let version = variable(provider.apiVersionVariables).flatMap { Self.isDate($0) ? $0 : nil }
        // Who gives the undated path means it.
        let apiVersion = path.hasSuffix("/openai/v1") ? nil : version
        var credential: Credential?
        if provider.authorization != .none {
            if let key = variable(provider.keyVariables) {
                credential = Credential(key, provider.authorization)
            } else if let token = variable(provider.tokenVariables) {
                credential = Credential(token, .bearer)
            } else if provider.needsKey {
                throw ConfigurationError(
                    "provider '\(provider.name)' needs a key: set \(provider.keyVariables.first ?? "its key variable")")
            }
        }
        if let secret = credential?.secret, secret.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
            throw ConfigurationError(
                "the key of provider '\(provider.name)' holds white space, a control character or a letter beyond ASCII"
            )
        }
        parts = Parts(
            provider: provider, origin: origin,
            basePath: apiVersion == nil ? Self.basePath(path, provider) : path, apiVersion: apiVersion,
            credential: credential)
    }

    /// The header fields that show who asks; the only place where a key leaves this type.
    package var authorizationFields: [HeaderField] { credential.map { [$0.field] } ?? [] }

    /// Strikes out the key, and the secrets of configured header fields: servers quote keys that they refuse.
    package var redactor: Redactor { parts.redactor }

    /// The error with the secrets struck out.
    package func redacting(_ error: LLMError) -> LLMError { redactor.redacted(error) }

    /// Whether a version is a date, as in `2024-10-21` or `2025-04-01-preview`; the undated interface has others.
    private static func isDate(_ version: String) -> Bool {
        version.utf8.prefix(4).count == 4 && version.utf8.prefix(4).allSatisfy { (0x30...0x39).contains($0) }
    }

    /// The text without what files and shells leave around it: a line end of Windows, a space.
    private static func trimmed(_ text: String) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = text.utf8.firstIndex(where: { !isSpace($0) }),
            let last = text.utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(text[first...last])
    }

    /// The URL that an address means: OLLAMA_HOST may be a host with a port or without, or a port alone.
    private static func url(_ text: String, _ provider: Provider) -> String {
        guard provider.baseURLVariables.contains("OLLAMA_HOST"), !text.contains("://"), !text.isEmpty else {
            return text
        }
        let path = text.drop { $0 != "/" }
        let authority = text.dropLast(path.count)
        let hasPort = authority.split(separator: "]", omittingEmptySubsequences: false).last?.contains(":") ?? false
        return "http://\(authority.hasPrefix(":") ? "localhost" : "")\(authority)\(hasPort ? "" : ":11434")\(path)"
    }

    /// The path with what the provider needs behind an address: all of it, or what an address lacks that ends
    /// within it.
    private static func basePath(_ path: String, _ provider: Provider) -> String {
        let steps = provider.addressPath.split(separator: "/")
        guard let first = steps.first, let start = path.split(separator: "/").firstIndex(of: first) else {
            return path + provider.addressPath
        }
        let given = path.split(separator: "/")[start...]
        guard steps.starts(with: given) else { return path }
        return path + steps.dropFirst(given.count).map { "/" + $0 }.joined()
    }
}

extension Endpoint: CustomStringConvertible {
    /// The provider and where it is.
    public var description: String { "\(provider.name) at \(origin)\(basePath)" }
}

/// A key or token and the header field that it is sent in; no description of it shows the secret.
struct Credential: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key itself.
    let secret: String
    /// The field's name and value.
    let field: HeaderField

    /// A key in a form; nil for the form that sends none.
    init?(_ secret: String, _ form: Provider.Authorization) {
        switch form {
        case .bearer: field = HeaderField("authorization", "Bearer \(secret)")
        case .xAPIKey: field = HeaderField("x-api-key", secret)
        case .apiKey: field = HeaderField("api-key", secret)
        case .none: return nil
        }
        self.secret = secret
    }

    var description: String { "\(field.name): ***" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: ["field": description]) }
}

/// What is wrong with the configuration of a provider or a run, with what to do about it; holds no secret.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The words for a reader.
    public var description: String

    /// An error with these words.
    public init(_ description: String) { self.description = description }
}
