/// A request to the page's server, as far as the routes look at it.
package struct WatchRequest: Sendable {
    package var method: String
    /// The parts of the path between its slashes, each decoded by itself: a job's id may hold slashes.
    package var path: [String]
    /// The parameters behind the path, decoded; those that are empty are not here.
    package var query: [String: String]
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    /// Reads the target of a request; nil for what is no path of this server.
    ///
    /// A target that begins with a host, as of a proxy's client, is taken: that host stands for the one of the headers (RFC
    /// 9112, 3.2.2).
    package init?(method: String, target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.method = method
        self.headers = headers
        self.body = body
        var rest = target[...]
        if target.prefix(Self.scheme.count).lowercased() == Self.scheme {
            rest = rest.dropFirst(Self.scheme.count)
            let host = rest.prefix { $0 != "/" && $0 != "?" }
            self.headers.removeAll { $0.name.lowercased() == "host" }
            self.headers.append((name: "host", value: String(host)))
            rest = rest[host.endIndex...]
            if !rest.hasPrefix("/") { rest = "/" + rest }
        }
        guard rest.hasPrefix("/") else { return nil }
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path: [String] = []
        for part in parts[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let text = Self.decoded(part, plusIsSpace: false) else { return nil }
            path.append(text)
        }
        self.path = path == [""] ? [] : path
        query = [:]
        for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(sides[0], plusIsSpace: true),
                let value = Self.decoded(sides.count > 1 ? sides[1] : "", plusIsSpace: true)
            else { return nil }
            guard !value.isEmpty else { continue }
            // One of two would be passed over in silence.
            guard query.updateValue(value, forKey: name) == nil else { return nil }
        }
    }

    private static let scheme = "http://"

    /// The values of a header, by its name in lower case.
    package subscript(header name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name }.map { $0.value }
    }

    /// A text with its escapes read; nil where one of them is none, or the bytes are not UTF-8.
    private static func decoded(_ text: Substring, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(Self.digit), let low = rest.popFirst().flatMap(Self.digit)
                else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
