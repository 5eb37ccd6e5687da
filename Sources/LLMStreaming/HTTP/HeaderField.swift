import Foundation

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
    /// Takes time linear in them: a configuration may have any number.
    package var lastOfEachName: [HeaderField] {
        var names: Set<String> = []
        return reversed().filter { names.insert($0.name.lowercased()).inserted }.reversed()
    }
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
