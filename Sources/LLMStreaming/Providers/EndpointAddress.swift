/// Where an endpoint is: a URL that somebody gave, as it is used.
struct EndpointAddress: Sendable, Hashable, CustomStringConvertible {
    let origin: Origin
    /// What stands before the dialect's path, without a slash at its end.
    let basePath: String
    /// The version of an interface with dated paths; nil where paths are not dated.
    let apiVersion: String?

    /// Settles a URL.
    ///
    /// - Parameters:
    ///   - url: as it was given; of an endpoint's whole address the dialect's path is taken off.
    ///   - provider: what it is the URL of.
    ///   - environment: the variables that may hold the version.
    /// - Throws: `ConfigurationError`, which shows the URL unless it may hold a secret.
    init(_ url: String, _ provider: Provider, _ environment: [String: String]) throws(ConfigurationError) {
        let text = Self.url(url.withoutOuterSpace, provider)
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
        let version = environment.firstSet(provider.apiVersionVariables).flatMap { Self.isDate($0.value) ? $0 : nil }
        self.origin = origin
        // Who gives the undated path means it.
        apiVersion = path.hasSuffix("/openai/v1") ? nil : version?.value
        basePath = apiVersion == nil ? Self.basePath(path, provider) : path
    }

    var description: String { "\(origin)\(basePath)" }

    /// Whether a version is a date, as in `2024-10-21` or `2025-04-01-preview`; the undated interface has others.
    private static func isDate(_ version: String) -> Bool {
        version.utf8.prefix(4).count == 4 && version.utf8.prefix(4).allSatisfy { (0x30...0x39).contains($0) }
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

extension Provider {
    /// The URLs that hold in an environment, as they were written; at least one, none of them empty.
    ///
    /// A variable may hold several with commas between them. Elsewhere a comma belongs to its URL.
    /// - Parameters:
    ///   - given: those of `--base-url`, which go before all others; empty where there are none.
    ///   - environment: the variables that may hold others.
    /// - Throws: `ConfigurationError` naming where one is missing.
    func urls(_ given: [String], _ environment: [String: String]) throws(ConfigurationError) -> [String] {
        let (source, urls): (String, [String]) =
            if !given.isEmpty {
                ("--base-url", given)
            } else if let (variable, list) = environment.firstSet(baseURLVariables) {
                (variable, list.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
            } else {
                ("base_url", [baseURL] + otherBaseURLs)
            }
        guard urls.count > 1 || !urls[0].withoutOuterSpace.isEmpty else {
            throw ConfigurationError("provider '\(name)' has no URL: set \(baseURLVariables.first ?? "--base-url")")
        }
        for url in urls {
            if url.withoutOuterSpace.isEmpty {
                throw ConfigurationError("provider '\(name)': one of the URLs in \(source) is empty")
            }
            let text = url.lowercased().filter { $0 != " " }
            if text.contains(",http://") || text.contains(",https://") {
                throw ConfigurationError(
                    "provider '\(name)': there are several URLs in one \(source): "
                        + (given.isEmpty ? "make it a list" : "give it once for each"))
            }
        }
        return urls
    }
}

extension [String: String] {
    /// The first of these variables that holds something, and what.
    func firstSet(_ names: [String]) -> (name: String, value: String)? {
        names.lazy.compactMap { name in self[name].map { (name, $0.withoutOuterSpace) } }.first { !$0.1.isEmpty }
    }
}

extension String {
    /// The text without what files and shells leave around it: a line end of Windows, a space.
    fileprivate var withoutOuterSpace: String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }), let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(self[first...last])
    }
}
