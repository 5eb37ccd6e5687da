import BatchEngine
import LLM4S
import LLMStreaming
import MockProvider

/// The providers of a run, settled: URL, key, and the embedded mock where it is needed.
struct Endpoints: Sendable {
    private(set) var table: [String: Endpoint] = [:]
    /// Why a provider cannot be used, by name.
    private(set) var faults: [String: ConfigurationError] = [:]
    private var mock: MockServer?

    /// Settles the providers of that names.
    ///
    /// - Parameters:
    ///   - names: the providers that jobs name, or may name.
    ///   - baseURL: `--base-url`, for the provider named in `baseURLProvider`.
    init(
        _ names: [String], catalog: ProviderCatalog, baseURL: String?, baseURLProvider: String?,
        environment: [String: String]
    ) async throws {
        let proxies = ProxySettings(environment: environment)
        for name in names {
            guard var provider = catalog[name] else {
                faults[name] = ConfigurationError("provider '\(name)' is not known; name it in the configuration file")
                continue
            }
            let url = name == baseURLProvider ? baseURL : nil
            if name == "mock", url == nil, provider.baseURLVariables.allSatisfy({ environment[$0] ?? "" == "" }) {
                let server = try await MockServer.start()
                mock = server
                provider.baseURL = server.baseURL
            }
            do throws(ConfigurationError) {
                let endpoint = try Endpoint(provider: provider, baseURL: url, environment: environment)
                try proxies.check(endpoint.origin)
                table[name] = endpoint
            } catch {
                faults[name] = error
            }
        }
    }

    /// Where requests go.
    var origins: [Origin] { table.values.map(\.origin) }

    /// Options that are stored, without the secrets of any of them.
    func redacted(_ options: JSONObject) -> JSON {
        let redact = { (text: String) in table.values.reduce(text) { $1.redactor.redacted($0) } }
        return .object(
            JSONObject(
                options.members.map { member in
                    .init(key: member.key, value: member.value.string.map { .string(redact($0)) } ?? member.value)
                }))
    }

    /// The name of the provider that the mock in this process serves; nil for none.
    var embeddedMock: String? { mock == nil ? nil : "mock" }

    /// Ends the embedded mock.
    func stop() async { await mock?.stop() }

    /// The provider that `--base-url` is for: of `--provider`, else the only one that the jobs name.
    static func baseURLProvider(_ options: RunOptions, chosen: String?, named: [String]) throws -> String? {
        guard options.baseURL != nil else { return nil }
        if let chosen {
            // Left out in silence, the requests would go to the providers' own URLs.
            guard named.isEmpty || named.contains(chosen) else {
                throw Exit(
                    .input, "--base-url is for '\(chosen)', and the jobs name \(named.joined(separator: ", "))")
            }
            return chosen
        }
        guard named.count <= 1 else {
            throw Exit(.input, "--base-url needs --provider: the jobs name \(named.joined(separator: ", "))")
        }
        return named.first
    }
}
