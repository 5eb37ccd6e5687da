/// How endpoints are called where there is little room: by host and port, with as much more as tells them apart.
struct EndpointNames {
    private var names: [String: String] = [:]

    /// - Parameter endpoints: those that are shown together, by their names in the database.
    init(_ endpoints: some Sequence<String>) {
        let all = Set(endpoints)
        let forms: [(String) -> String] = [Self.host, Self.address, { $0 }]
        for form in forms {
            names = Dictionary(uniqueKeysWithValues: all.map { ($0, TerminalText.line(form($0), limit: 60)) })
            if Set(names.values).count == all.count { break }
        }
    }

    /// What an endpoint is called here.
    subscript(endpoint: String) -> String { names[endpoint] ?? TerminalText.line(endpoint, limit: 60) }

    /// Without scheme and path: `127.0.0.1:8000`, `api.openai.com#OTHER_KEY`.
    private static func host(_ endpoint: String) -> String {
        let address = address(endpoint)
        let key = address.drop { $0 != "#" }
        return String(address.prefix { $0 != "/" && $0 != "#" } + key)
    }

    /// Without scheme.
    private static func address(_ endpoint: String) -> String {
        for scheme in ["http://", "https://"] where endpoint.hasPrefix(scheme) {
            return String(endpoint.dropFirst(scheme.count))
        }
        return endpoint
    }
}
