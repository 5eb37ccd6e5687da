import LLMStreaming

/// A guess of a request's input tokens from its text, for a user who wants to know before anything is sent.
///
/// Tokenizers differ by model and are not here. In English prose a token is about four letters, in Cyrillic or Arabic
/// two, in Chinese, Japanese and Korean about one; what is guessed so is within a third of most texts' count.
enum RequestTokens {
    /// The members of a request, of its options or of a provider's body that a model reads.
    private static let read: Set<String> = [
        "messages", "prompt", "system", "input", "instructions", "tools", "functions", "response_format", "text",
    ]
    /// The members that hold such members.
    private static let holders: Set<String> = ["options", "extra_body", "body", "params"]
    /// What an image or a file in a request counts for; its Base64 is no text.
    private static let attachment = 1000.0

    /// The guess for a line's members.
    static func count(_ members: JSONObject) -> Double {
        members.members.reduce(0) { sum, member in
            if read.contains(member.key) { return sum + count(member.value) }
            if holders.contains(member.key), let object = member.value.object { return sum + count(object) }
            return sum
        }
    }

    private static func count(_ json: JSON) -> Double {
        switch json {
        case .null, .bool, .number: 1
        case .string(let text): count(text)
        case .array(let elements): elements.reduce(0) { $0 + count($1) }
        // A name counts for a token: a message's frame has about as many as names.
        case .object(let object): object.members.reduce(0) { $0 + 1 + count($1.value) }
        }
    }

    private static func count(_ text: String) -> Double {
        if text.hasPrefix("data:") || text.utf8.count > 4096 && text.utf8.allSatisfy(isBase64) { return attachment }
        var quarters = 0
        for byte in text.utf8 {
            switch byte {
            case 0..<0x80: quarters += 1
            case 0xC0..<0xE0: quarters += 2
            case 0xE0..<0xF0: quarters += 4
            case 0xF0...: quarters += 8
            default: break
            }
        }
        return Double(quarters) / 4
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}
