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
        let address: EndpointAddress
        let credential: Credential?
        let redactor: Redactor

        init(_ provider: Provider, _ address: EndpointAddress, _ credential: Credential?) {
            redactor = Redactor(
                [credential?.secret].compactMap { $0 } + HeaderSecrets.secrets(in: provider.headers))
            self.provider = provider
            self.address = address
            self.credential = credential
        }
    }

    private let parts: Parts

    /// The provider.
    public var provider: Provider { parts.provider }
    /// Where it is.
    public var origin: Origin { parts.address.origin }
    /// What stands before the dialect's path, without a slash at its end.
    public var basePath: String { parts.address.basePath }
    /// The version of an interface with dated paths; nil where paths are not dated.
    public var apiVersion: String? { parts.address.apiVersion }
    /// Origin, path and version.
    var address: EndpointAddress { parts.address }
    private var credential: Credential? { parts.credential }

    /// Settles URL and key from an environment; where a provider has several, the first of each.
    ///
    /// - Parameters:
    ///   - provider: the provider; its `baseURL` is used where no variable and no `baseURL` argument says otherwise.
    ///   - baseURL: a URL that goes before all others (`--base-url`).
    ///   - environment: the variables to look in.
    /// - Throws: `ConfigurationError` naming the variable to set or the URL that is wrong.
    public init(
        provider: Provider, baseURL: String? = nil, environment: [String: String]
    ) throws(ConfigurationError) {
        let urls = try provider.urls(baseURL.map { [$0] } ?? [], environment)
        self.init(
            provider, try EndpointAddress(urls[0], provider, environment),
            try provider.credential(environment: environment))
    }

    /// An endpoint of which everything is settled.
    init(_ provider: Provider, _ address: EndpointAddress, _ credential: Credential?) {
        parts = Parts(provider, address, credential)
    }

    /// The header fields that show who asks; the only place where a key leaves this type.
    package var authorizationFields: [HeaderField] { credential.map { [$0.field] } ?? [] }

    /// Strikes out the key, and the secrets of configured header fields: servers quote keys that they refuse.
    package var redactor: Redactor { parts.redactor }

    /// The error with the secrets struck out.
    package func redacting(_ error: LLMError) -> LLMError { redactor.redacted(error) }
}

extension Endpoint: CustomStringConvertible {
    /// The provider and where it is.
    public var description: String { "\(provider.name) at \(address)" }
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

extension Provider {
    /// The key or token of an environment; nil where none is sent.
    ///
    /// - Parameters:
    ///   - variable: the one that must hold the key; nil for the first that holds one.
    ///   - environment: the variables to look in.
    /// - Throws: `ConfigurationError` naming the variable to set.
    func credential(
        in variable: String? = nil, environment: [String: String]
    ) throws(ConfigurationError) -> Credential? {
        guard authorization != .none else { return nil }
        let keys = variable.map { [$0] } ?? keyVariables
        var credential: Credential?
        if let key = environment.firstSet(keys) {
            credential = Credential(key.value, authorization)
        } else if variable == nil, let token = environment.firstSet(tokenVariables) {
            credential = Credential(token.value, .bearer)
        } else if needsKey || variable != nil {
            throw ConfigurationError("provider '\(name)' needs a key: set \(keys.first ?? "its key variable")")
        }
        if let secret = credential?.secret, secret.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
            throw ConfigurationError(
                "the key of provider '\(name)' holds white space, a control character or a letter beyond ASCII")
        }
        return credential
    }
}

/// What is wrong with the configuration of a provider or a run, with what to do about it; holds no secret.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The words for a reader.
    public var description: String

    /// An error with these words.
    public init(_ description: String) { self.description = description }
}
