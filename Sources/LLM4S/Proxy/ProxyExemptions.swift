import LLMStreaming

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
