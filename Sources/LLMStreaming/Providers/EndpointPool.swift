/// Every endpoint of a provider: each of its URLs with each of its keys (Contract, "Pools").
package struct EndpointPool: Sendable {
    /// One of them.
    package struct Member: Sendable {
        /// The URL and the key.
        package let endpoint: Endpoint
        /// The base URL as it is used, and where the provider has several keys `#` and the variable of this one.
        package let name: String
        /// How much of the work it is to get, against the others: above 0.
        package let weight: Double

        package init(endpoint: Endpoint, name: String, weight: Double = 1) {
            self.endpoint = endpoint
            self.name = name
            self.weight = weight
        }
    }

    /// At least one; no two have the same name.
    package let members: [Member]
    /// The base URLs as they are used, each once.
    package let urls: [String]
    /// What was given twice and is left out, in sentences.
    package let warnings: [String]

    /// The provider.
    package var provider: Provider { members[0].endpoint.provider }

    /// A pool of one endpoint.
    package init(_ endpoint: Endpoint) {
        self.init([Member(endpoint: endpoint, name: endpoint.redactor.redacted("\(endpoint.address)"))])
    }

    /// A pool of these, at least one, whose names are distinct.
    package init(_ members: [Member]) {
        precondition(!members.isEmpty, "a pool without endpoints")
        self.members = members
        var urls: [String] = []
        for member in members {
            let url = member.endpoint.redactor.redacted("\(member.endpoint.address)")
            if !urls.contains(url) { urls.append(url) }
        }
        self.urls = urls
        warnings = []
    }

    /// Settles URLs and keys from an environment.
    ///
    /// - Parameters:
    ///   - provider: the provider; its own URLs are used where no variable and none of `baseURLs` says otherwise.
    ///   - baseURLs: URLs that go before all others (`--base-url`).
    ///   - weights: by URL (`--weight`), before those of the provider; those of other URLs count for nothing here.
    ///   - environment: the variables to look in.
    /// - Throws: `ConfigurationError` naming the variable to set, the URL that is wrong, or the weight that is none's.
    package init(
        provider: Provider, baseURLs: [String] = [], weights: [String: Double] = [:], environment: [String: String]
    ) throws(ConfigurationError) {
        var warnings: [String] = []
        var addresses: [EndpointAddress] = []
        for url in try provider.urls(baseURLs, environment) {
            let address = try EndpointAddress(url, provider, environment)
            if addresses.contains(address) {
                warnings.append("provider '\(provider.name)': \(address) is given twice; the second is left out")
            } else {
                addresses.append(address)
            }
        }
        let keys = try Self.keys(provider, environment, &warnings)
        // A gateway may have its key in the path.
        let redactor = Redactor(
            keys.compactMap { $0.credential?.secret } + HeaderSecrets.secrets(in: provider.headers))
        let urls = addresses.map { redactor.redacted($0.description) }
        let own = try Self.weights(provider.weights, provider, environment, redactor)
        // --base-url replaces the URLs that the provider's own weights are for.
        if baseURLs.isEmpty, let other = own.keys.first(where: { !addresses.contains($0) }) {
            throw ConfigurationError(
                "provider '\(provider.name)': weights: it has no URL \(redactor.redacted(other.description)); "
                    + "known: \(urls.joined(separator: ", "))")
        }
        let given = try Self.weights(weights, provider, environment, redactor)
        guard Set(urls).count == urls.count else {
            throw ConfigurationError("provider '\(provider.name)': two of its URLs differ in nothing but a key")
        }
        self.urls = urls
        self.warnings = warnings.map { redactor.redacted($0) }
        members = zip(addresses, urls).flatMap { address, url in
            keys.map { key in
                Member(
                    endpoint: Endpoint(provider, address, key.credential),
                    name: keys.count > 1 ? "\(url)#\(key.variable)" : url,
                    weight: given[address] ?? own[address] ?? 1)
            }
        }
    }

    /// Whether a URL, however it is written, is that of an endpoint.
    package func contains(_ url: String, environment: [String: String]) -> Bool {
        guard let address = try? EndpointAddress(url, provider, environment) else { return false }
        return members.contains { $0.endpoint.address == address }
    }

    /// The keys that are all used, each once; one that may be missing where the provider has no more.
    private static func keys(
        _ provider: Provider, _ environment: [String: String], _ warnings: inout [String]
    ) throws(ConfigurationError) -> [(variable: String, credential: Credential?)] {
        guard provider.authorization != .none, !provider.pooledKeyVariables.isEmpty else {
            return [("", try provider.credential(environment: environment))]
        }
        var keys: [(variable: String, credential: Credential?)] = []
        for variable in provider.pooledKeyVariables {
            let credential = try provider.credential(in: variable, environment: environment)
            guard let same = keys.first(where: { $0.credential?.secret == credential?.secret }) else {
                keys.append((variable, credential))
                continue
            }
            warnings.append(
                "provider '\(provider.name)': "
                    + (same.variable == variable
                        ? "\(variable) is named twice; the second is left out"
                        : "\(variable) holds the same key as \(same.variable) and is left out"))
        }
        return keys
    }

    /// Weights by the URLs as they are used; what is no URL of such a provider is left out.
    private static func weights(
        _ given: [String: Double], _ provider: Provider, _ environment: [String: String], _ redactor: Redactor
    ) throws(ConfigurationError) -> [EndpointAddress: Double] {
        var weights: [EndpointAddress: Double] = [:]
        for (url, weight) in given.sorted(by: { $0.key < $1.key }) {
            guard let address = try? EndpointAddress(url, provider, environment) else { continue }
            if let other = weights.updateValue(weight, forKey: address), other != weight {
                throw ConfigurationError(
                    "\(redactor.redacted(address.description)) has two weights: \(JSON.double(other).text) and "
                        + JSON.double(weight).text)
            }
        }
        return weights
    }
}
