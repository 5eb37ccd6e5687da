import LLMStreaming

/// Where a redirect leads, and whether a request with a key in it may follow (Contract, "Secrets").
enum Redirect: Sendable, Equatable {
    /// To another path of the same origin, with method and body kept.
    case follow(path: String)
    /// Nowhere that we go, and why.
    case refuse(LLMError)

    /// How many redirects of a request are followed.
    static let maximumCount = 3

    /// The decision on a 3xx response to a request that went to a path of an origin.
    init(head: ResponseHead, origin: Origin, path: String) {
        func refusal(_ words: String) -> Redirect {
            .refuse(
                LLMError(
                    .redirect, "\(origin.endpointName) answered HTTP \(head.status), a redirect \(words)",
                    httpStatus: head.status, requestID: head.requestID))
        }
        guard let location = head["location"] else {
            self = refusal("that does not say where to")
            return
        }
        guard let target = Self.resolve(location, origin: origin, path: path) else {
            self = refusal("to what is no http or https address")
            return
        }
        if target.origin != origin {
            self = refusal("to \(target.origin), another origin; nothing was sent there")
        } else if head.status == 307 || head.status == 308 {
            self = .follow(path: target.path)
        } else {
            self = refusal("that asks for another method than POST")
        }
    }

    /// The address that a Location names (RFC 3986, section 5.2, without dot segments: servers resolve those).
    static func resolve(_ location: String, origin: Origin, path: String) -> (origin: Origin, path: String)? {
        // Anything else could end the request line early.
        guard location.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let reference = location.prefix { $0 != "#" }
        let lowercase = reference.lowercased()
        if lowercase.hasPrefix("http://") || lowercase.hasPrefix("https://") {
            let scheme = lowercase.hasPrefix("https://") ? "https://" : "http://"
            let rest = reference.dropFirst(scheme.count)
            let authority = rest.prefix { $0 != "/" && $0 != "?" }
            guard let (target, _) = Origin.split(url: scheme + authority) else { return nil }
            let tail = rest.dropFirst(authority.count)
            return (target, tail.hasPrefix("/") ? String(tail) : "/" + tail)
        }
        if reference.hasPrefix("//") {
            return resolve((origin.isSecure ? "https:" : "http:") + reference, origin: origin, path: path)
        }
        if reference.hasPrefix("/") { return (origin, String(reference)) }
        // A scheme of another kind, such as "ftp:".
        if let colon = reference.firstIndex(of: ":"), !reference[..<colon].contains("/") { return nil }
        let directory = path.prefix { $0 != "?" }
        if reference.hasPrefix("?") { return (origin, String(directory) + reference) }
        guard let slash = directory.lastIndex(of: "/") else { return (origin, "/" + reference) }
        return (origin, String(directory[...slash]) + reference)
    }
}

extension Origin {
    /// Host and port, as messages name the other side.
    var endpointName: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
