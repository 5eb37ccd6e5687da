import SharedMaterial

/// A damage done to the data of an event, to see that nothing misreads it.
struct EventMutation {
    private static let bytes = Array("{}[]\",:\\/ntrfualse0123456789eE.+- \t\n\u{1}\u{7F}é".utf8) + [0xFF, 0xC3]
    private static let fragments = [
        "null", "true", "tru", "\"x\"", "\"\"", "{}", "[]", "[1,{\"a\":null}]", "1e5", "01", "-", "-0", "1.", "0.5E+3",
        "\"\\ud83d\"", "\"\\ud83d\\ude00\"", "\"\\q\"", "\"\\u12\"", "\"\u{1}\"", "{\"a\":1,}", "[,]", "{\"a\"}",
        String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
    ]
    private static let members = [
        "\"content\":\"two\",", "\"content\":null,", "\"content\":\"\",", "\"delta\":{},", "\"index\":0,",
        "\"index\":7,",
        "\"index\":00,", "\"reasoning\":\"r\",", "\"reasoning_content\":\"r\",", "\"refusal\":\"no\",",
        "\"finish_reason\":\"stop\",", "\"tool_calls\":[],", "\"error\":{\"message\":\"e\"},", "\"error\":null,",
        "\"usage\":{\"prompt_tokens\":1},", "\"choices\":[],", "\"object\":\"error\",", "\"type\":\"text_delta\",",
        "\"text\":\"t\",", "\"cont\\u0065nt\":\"e\",", "\"x\":[{\"y\":[1,2]}],", "\"logprobs\":{},",
    ]

    var random: SplitMix64

    /// The data with one to three damages.
    mutating func mutate(_ data: ArraySlice<UInt8>) -> [UInt8] {
        var result = Array(data)
        for _ in 0..<Int.random(in: 1...3, using: &random) { damage(&result) }
        return result
    }

    private mutating func damage(_ data: inout [UInt8]) {
        guard !data.isEmpty else { return }
        let place = data.indices.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<8, using: &random) {
        case 0: data[place] = Self.bytes.randomElement(using: &random) ?? 0
        case 1: data.remove(at: place)
        case 2: data.insert(Self.bytes.randomElement(using: &random) ?? 0, at: place)
        case 3: data.removeSubrange(place...)
        case 4:
            let end = min(data.count, place + Int.random(in: 1...20, using: &random))
            data.insert(contentsOf: data[place..<end], at: place)
        case 5:
            // A member at the front of some object.
            guard let brace = data[place...].firstIndex(of: UInt8(ascii: "{")) else { return }
            data.insert(contentsOf: (Self.members.randomElement(using: &random) ?? "").utf8, at: brace + 1)
        case 6:
            // One at the end of some object: of two of the same name the last counts.
            guard let brace = data[place...].firstIndex(of: UInt8(ascii: "}")) else { return }
            let member = (Self.members.randomElement(using: &random) ?? "").dropLast()
            data.insert(contentsOf: ("," + member).utf8, at: brace)
        default:
            // Another value for some member.
            guard let colon = data[place...].firstIndex(of: UInt8(ascii: ":")) else { return }
            let end = data[colon...].firstIndex { ",}]".utf8.contains($0) } ?? data.endIndex
            data.replaceSubrange(colon + 1..<end, with: (Self.fragments.randomElement(using: &random) ?? "").utf8)
        }
    }
}
