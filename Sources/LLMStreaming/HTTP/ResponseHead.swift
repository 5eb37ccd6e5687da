import Foundation

/// Status and header fields of a provider's response.
public struct ResponseHead: Sendable, Equatable {
    /// The HTTP status.
    public var status: Int
    /// The header fields in order; names in any case.
    public var headers: [HeaderField]

    /// A head.
    public init(status: Int, headers: [HeaderField] = []) {
        self.status = status
        self.headers = headers
    }

    /// The value of the first field of that name, in any case.
    public subscript(_ name: String) -> String? {
        headers.first { Self.isSame($0.name, name) }?.value
    }

    /// Whether two names are the same field's; without new strings, since every head is asked for many names.
    fileprivate static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { left, right in
                left == right || left ^ right == 0x20 && (0x61...0x7A).contains(left | 0x20)
            }
    }

    /// The service tier that served, where a header tells it: Gemini's, Bedrock's.
    package var serviceTier: String? {
        ["x-gemini-service-tier", "x-amzn-bedrock-service-tier"].lazy.compactMap { self[$0] }.first { !$0.isEmpty }
    }

    /// The provider's name of the request, under any of the names in use (Provider facts, "Headers"): its own before
    /// those that a router or a gateway adds.
    public var requestID: String? { Self.requestIDNames.lazy.compactMap { self[$0] }.first { !$0.isEmpty } }

    private static let requestIDNames = [
        "x-request-id", "request-id", "apim-request-id", "x-ms-request-id", "x-generation-id", "x-ds-trace-id",
        "mistral-correlation-id", "x-amzn-requestid", "llm_provider-x-request-id", "llm_provider-request-id",
        "x-litellm-call-id",
    ]

    /// What the head says of the provider's limits; nil where it says nothing.
    ///
    /// - Parameters:
    ///   - provider: the provider's name; of Groq it is known that its limit of requests is for a day.
    ///   - now: Unix seconds, to which a time is compared where the head has no date of its own.
    public func rateLimits(provider: String = "", now: Double) -> RateLimitReport? {
        RateLimitReport(self, provider: provider, now: date ?? now)
    }

    /// The server's clock in Unix seconds: times in other fields are read from it.
    var date: Double? { self["date"].flatMap { HTTPDate.unixSeconds($0) } }

    /// The media type without parameters, in lower case.
    package var mediaType: String? {
        self["content-type"].map { value in
            let type = value.utf8.prefix { $0 != UInt8(ascii: ";") }.filter { $0 > 0x20 }
            return String(decoding: type.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
        }
    }
}

/// A field of an HTTP head.
public struct HeaderField: Sendable, Hashable {
    /// The name; its case makes no difference to HTTP.
    public var name: String
    /// The value.
    public var value: String

    /// A field.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension [HeaderField] {
    /// The fields, of those with the same name the last.
    ///
    /// Takes time linear in them: a configuration may have any number. Of the few of a request it makes no new strings.
    package var lastOfEachName: [HeaderField] {
        if count <= Self.few {
            return indices.filter { index in
                !self[(index + 1)...].contains { ResponseHead.isSame($0.name, self[index].name) }
            }.map { self[$0] }
        }
        var names: Set<String> = []
        return reversed().filter { names.insert($0.name.lowercased()).inserted }.reversed()
    }

    private static var few: Int { 16 }
}

/// Which values of header fields are secrets: keys stand in fields of any name.
enum HeaderSecrets {
    /// Fields whose values are known to be none.
    private static let harmless: Set<String> = [
        "anthropic-version", "anthropic-beta", "openai-beta", "openai-organization", "openai-project", "user-agent",
        "accept", "accept-language", "content-type", "referer", "http-referer", "x-title", "x-openrouter-title",
    ]
    private static let telling = ["auth", "key", "token", "secret", "cookie", "passw", "credential", "session", "sign"]
    private static let schemes: Set<String> = ["bearer", "basic", "token", "apikey", "api-key", "key"]

    /// The secrets in these fields.
    static func secrets(in fields: [HeaderField]) -> [String] {
        fields.flatMap { field -> [String] in
            let name = field.name.lowercased()
            if harmless.contains(name) { return [] }
            if telling.contains(where: name.contains) { return parts(of: field.value) }
            return isRandom(field.value) ? [field.value] : []
        }
    }

    /// A secret with what of it a server may quote alone.
    private static func parts(of value: String) -> [String] {
        var parts = [value]
        let words = value.split(separator: " ", maxSplits: 1)
        if words.count == 2, schemes.contains(words[0].lowercased()) {
            let secret = String(words[1])
            parts.append(secret)
            if words[0].lowercased() == "basic", let data = Data(base64Encoded: secret) {
                let user = String(decoding: data, as: UTF8.self)
                parts += [user] + user.split(separator: ":", maxSplits: 1).dropFirst().map(String.init)
            }
        }
        // Cookies: the values, without their names.
        for pair in value.split(separator: ";") {
            let sides = pair.split(separator: "=", maxSplits: 1)
            if sides.count == 2, sides[1].utf8.count >= 8 { parts.append(String(sides[1])) }
        }
        return parts
    }

    /// Whether a value is no word: long, without a space, of letters and digits.
    private static func isRandom(_ value: String) -> Bool {
        value.utf8.count >= 16 && !value.contains(" ") && value.contains { $0.isNumber }
            && value.contains { $0.isLetter }
    }
}
