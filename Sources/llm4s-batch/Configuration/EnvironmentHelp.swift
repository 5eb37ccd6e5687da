import LLMStreaming

/// The variables of the environment, as help and manual tell them: those of providers from the table of providers.
enum EnvironmentHelp {
    /// A variable and what it is for, in lines that begin with two spaces.
    static var text: String {
        var lines = ["Environment (a flag goes before it, and it before the configuration file):"]
        func add(_ name: String, _ meaning: String) { lines.append("  \(name.padded(to: 24)) \(meaning)") }
        add("LLM_MODEL", "model of lines without one, as provider/model")
        let catalog = ProviderCatalog()
        for provider in catalog.names.compactMap({ catalog[$0] }) {
            let keys = provider.keyVariables + provider.tokenVariables
            if let first = keys.first {
                add(first, "key of \(provider.name)/" + (provider.needsKey ? "" : ", if its server wants one"))
                for other in keys.dropFirst() { add(other, "in its place") }
            }
            for (index, variable) in provider.baseURLVariables.enumerated() {
                add(variable, index == 0 ? "URL of \(provider.name)/\(usual(provider.baseURL))" : "in its place")
            }
            for (index, variable) in provider.apiVersionVariables.enumerated() {
                add(variable, index == 0 ? "a date: the dated paths of \(provider.name)/" : "in its place")
            }
        }
        add("HTTPS_PROXY, HTTP_PROXY", "an HTTP proxy; NO_PROXY: what is reached without it")
        add("SSL_CERT_FILE", "certificate authorities to trust, where --ca-file is not given")
        add("NO_COLOR", "no bar and no redrawn lines")
        add("XDG_CONFIG_HOME", "where llm4s-batch/config.json lies (default: ~/.config)")
        return lines.joined(separator: "\n")
    }

    private static func usual(_ url: String) -> String { url.isEmpty ? "" : " (\(url))" }
}
