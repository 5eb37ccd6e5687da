/// Scheme, host and port: what a connection goes to, and what a key may be sent to.
public struct Origin: Sendable, Hashable, CustomStringConvertible {
    /// Whether TLS is spoken.
    public var isSecure: Bool
    /// The host name or address; IPv6 addresses without brackets.
    public var host: String
    /// The TCP port.
    public var port: Int

    /// An origin.
    public init(isSecure: Bool, host: String, port: Int) {
        self.isSecure = isSecure
        self.host = host.lowercased()
        self.port = port
    }

    /// The value of a Host header.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// The URL of the origin.
    public var description: String { (isSecure ? "https://" : "http://") + authority }

    /// The origin and the path (without a slash at its end) of an http or https URL; nil for anything else.
    ///
    /// User names, queries and fragments are refused: none belongs in a base URL.
    public static func split(url: String) -> (origin: Origin, path: String)? {
        let isSecure: Bool
        let rest: Substring
        if url.lowercased().hasPrefix("https://") {
            (isSecure, rest) = (true, url.dropFirst(8))
        } else if url.lowercased().hasPrefix("http://") {
            (isSecure, rest) = (false, url.dropFirst(7))
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != "/" }
        var path = rest.dropFirst(authority.count)
        while path.hasSuffix("/") { path = path.dropLast() }
        let isClean = { (text: Substring) in
            text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !text.contains { "?#@\\".contains($0) }
        }
        guard isClean(authority), isClean(path), let (host, port) = hostAndPort(authority) else { return nil }
        return (Origin(isSecure: isSecure, host: host, port: port ?? (isSecure ? 443 : 80)), String(path))
    }

    private static func hostAndPort(_ authority: Substring) -> (host: String, port: Int?)? {
        var host = authority
        var port: Int?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            if !rest.isEmpty {
                guard rest.hasPrefix(":"), let number = Self.port(rest.dropFirst()) else { return nil }
                port = number
            }
            guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                host = authority[..<colon]
                guard let number = Self.port(authority[authority.index(after: colon)...]) else { return nil }
                port = number
            }
            guard !host.isEmpty, host.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) }) else {
                return nil
            }
        }
        return (String(host), port)
    }

    private static func port(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(text), number > 0 else {
            return nil
        }
        return Int(number)
    }
}
