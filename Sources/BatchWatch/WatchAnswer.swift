package import LLMStreaming

/// What the page's server answers.
package struct WatchAnswer: Sendable {
    /// What follows the head.
    package enum Body: Sendable {
        case bytes([UInt8])
        case events(EventFeed)
    }

    package var status: Int
    package var contentType: String
    package var body: Body
    /// The methods that a path takes, where this one is not among them.
    package var allow: String?

    package init(status: Int = 200, contentType: String, body: Body) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// A value as JSON.
    package static func json(_ value: JSON, status: Int = 200) -> WatchAnswer {
        WatchAnswer(status: status, contentType: "application/json; charset=utf-8", body: .bytes(value.bytes))
    }

    /// A fault, as a sentence for the reader of the page.
    package static func fault(_ status: Int, _ sentence: String) -> WatchAnswer {
        json(["error": .string(sentence)], status: status)
    }

    /// A path that does not take a method.
    package static func wrongMethod(allow: String) -> WatchAnswer {
        var answer = fault(405, "this path takes \(allow) only")
        answer.allow = allow
        return answer
    }

    /// The headers of every answer: nothing is kept, nothing is guessed, nothing of others is loaded or runs, and no page
    /// that opens this one in a window holds on to it.
    package var headers: [(name: String, value: String)] {
        var headers = [
            ("content-type", contentType), ("cache-control", "no-store"), ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"), ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("content-security-policy", Self.contentSecurityPolicy),
        ]
        if let allow { headers.append(("allow", allow)) }
        if case .bytes(let bytes) = body { headers.append(("content-length", String(bytes.count))) }
        return headers.map { (name: $0.0, value: $0.1) }
    }

    private static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

/// Server-Sent Events as they come.
package struct EventFeed: Sendable {
    /// The next bytes, once there are some; nil behind the last.
    ///
    /// Asked again when the reader has taken those before.
    package var next: @Sendable () async -> [UInt8]?
    /// The reader is gone, or has all: called once.
    package var close: @Sendable () -> Void

    package init(next: @escaping @Sendable () async -> [UInt8]?, close: @escaping @Sendable () -> Void) {
        self.next = next
        self.close = close
    }
}
