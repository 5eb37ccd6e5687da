/// Who is answered: a page that this server has sent, and programs of this machine that name it by a name of its own.
///
/// A site elsewhere may let its name stand for 127.0.0.1, or have a browser send requests here. The first is told by the
/// Host that it names, the second by what browsers say of where a request is from.
package struct LocalGuard: Sendable {
    private let hosts: Set<String>

    /// - Parameter port: that of the server.
    package init(port: Int) {
        let names = ["127.0.0.1", "localhost", "[::1]"]
        hosts = Set(names.map { "\($0):\(port)" } + (port == 80 ? names : []))
    }

    /// The answer to a request that is not to be answered otherwise; nil where it is.
    package func refusal(of request: WatchRequest) -> WatchAnswer? {
        let named = request[header: "host"]
        guard named.count == 1, hosts.contains(named[0].lowercased()) else {
            return .fault(421, "this server answers at its loopback address only")
        }
        let origins = request[header: "origin"]
        guard origins.allSatisfy({ $0.lowercased() == "http://\(named[0].lowercased())" }) else {
            return .fault(403, "another page's requests are not answered")
        }
        let isFromHere = request[header: "sec-fetch-site"].allSatisfy { $0 == "same-origin" || $0 == "none" }
        guard isFromHere || origins.isEmpty && Self.opensPage(request) else {
            return .fault(403, "another site's requests are not answered")
        }
        return nil
    }

    /// Whether a browser opens the page in a window of its own, as from a link anywhere; no other page can read it there.
    private static func opensPage(_ request: WatchRequest) -> Bool {
        request.method == "GET" && request.path.isEmpty && request[header: "sec-fetch-mode"] == ["navigate"]
            && request[header: "sec-fetch-dest"] == ["document"]
    }
}

/// What a request must have that changes something: only the page that this server has sent can know it.
package struct ControlToken: Sendable {
    package let text: String

    /// A new one, of 256 bits.
    package init() {
        var generator = SystemRandomNumberGenerator()
        text = (0..<4).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// Whether a request has it, and comes as JSON; else why it is refused.
    ///
    /// How long it takes does not depend on where a wrong one differs.
    package func refusal(of request: WatchRequest) -> WatchAnswer? {
        let given = request[header: "x-control-token"]
        guard given.count == 1, isEqual(Array(given[0].utf8)) else {
            return .fault(403, "commands need the page's own token: load the page anew")
        }
        let type = request[header: "content-type"].first?.split(separator: ";").first
        guard type?.lowercased().trimmed == "application/json" else {
            return .fault(415, "a command comes as application/json")
        }
        return nil
    }

    private func isEqual(_ other: [UInt8]) -> Bool {
        let own = Array(text.utf8)
        guard own.count == other.count else { return false }
        return zip(own, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension String {
    /// Without spaces at its end.
    fileprivate var trimmed: Substring {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return text
    }
}
