import Testing

@testable import LLMStreaming

/// What is known by the event before it, and what is not.
@Suite struct RepeatedEventTests {
    private static func event(_ text: String, id: String = "a", end: String = "}") -> [UInt8] {
        Array(#"{"id":"\#(id)","choices":[{"index":2,"delta":{"content":"\#(text)"}}]\#(end)"#.utf8)
    }

    /// Keeps an event as the decoder does.
    private static func keep(_ bytes: [UInt8], in repeated: inout RepeatedEvent) throws {
        let found = try #require(OpenAIChatFastPath.chunk(of: bytes.span) { _ in true })
        repeated.keep(bytes.span, found.chunk, text: found.text)
    }

    private static func chunk(_ bytes: [UInt8], _ repeated: inout RepeatedEvent) -> StreamedChunk? {
        repeated.chunk(of: bytes.span)
    }

    @Test(arguments: ["b", " longer than the one before it, and not ASCII: \u{E9}\u{1F600}", "}]}", ",:{["])
    func knowsAnEventThatDiffersInItsText(text: String) throws {
        var repeated = RepeatedEvent()
        try Self.keep(Self.event("Hel"), in: &repeated)
        #expect(Self.chunk(Self.event(text), &repeated) == StreamedChunk(.text, text, choice: 2))
        // Also after one whose own text has escapes.
        try Self.keep(Self.event(#"\"\n\u00e9"#), in: &repeated)
        #expect(Self.chunk(Self.event(text), &repeated) == StreamedChunk(.text, text, choice: 2))
    }

    @Test(arguments: [
        event(""), event(#"a\nb"#), event(#"a\"b"#), event(#"a","role":"b"#), event("a\tb"), event("a", id: "b"),
        event("a", end: " }"), event("a", end: #","usage":{}}"#), event("a", end: ""), Array("{".utf8), [],
        // Shorter than what stood around the text, though it begins and ends so.
        Array(#"{"id":"a","choices":[{"index":2,"delta":{"content":"}}]}"#.utf8),
        Array(event("a").dropLast()), Array(event("a").dropFirst()), event("a") + [0x20],
    ])
    func leavesAnyOtherEventToTheDecoder(bytes: [UInt8]) throws {
        var repeated = RepeatedEvent()
        try Self.keep(Self.event("Hel"), in: &repeated)
        #expect(Self.chunk(bytes, &repeated) == nil, "\(String(decoding: bytes, as: UTF8.self))")
    }

    /// Each byte around the text counts, wherever it stands in a word.
    @Test func looksAtEachByteAroundTheText() throws {
        let bytes = Self.event("Hel")
        var repeated = RepeatedEvent()
        try Self.keep(bytes, in: &repeated)
        let text = try #require(OpenAIChatFastPath.chunk(of: bytes.span) { _ in true }).text
        for index in bytes.indices {
            var changed = bytes
            changed[index] = changed[index] == UInt8(ascii: "x") ? UInt8(ascii: "y") : UInt8(ascii: "x")
            #expect((Self.chunk(changed, &repeated) != nil) == text.contains(index), "byte \(index)")
        }
    }

    @Test func knowsNothingAtFirst() {
        var repeated = RepeatedEvent()
        #expect(Self.chunk(Self.event("a"), &repeated) == nil)
        #expect(Self.chunk([], &repeated) == nil)
    }

    @Test func givesUpOnAStreamThatNeverRepeatsItself() throws {
        var repeated = RepeatedEvent()
        for number in 0..<16 {
            try Self.keep(Self.event("a", id: "\(number)"), in: &repeated)
        }
        #expect(Self.chunk(Self.event("b", id: "15"), &repeated)?.text == "b")
        // One that is known begins the count anew.
        for number in 16..<32 { try Self.keep(Self.event("a", id: "\(number)"), in: &repeated) }
        try Self.keep(Self.event("a", id: "32"), in: &repeated)
        #expect(Self.chunk(Self.event("b", id: "31"), &repeated) == nil)
        #expect(Self.chunk(Self.event("b", id: "32"), &repeated) == nil)
    }

    @Test func keepsNoLargeEvent() throws {
        var repeated = RepeatedEvent()
        try Self.keep(Self.event("a"), in: &repeated)
        let large = Self.event("a", end: ",\"p\":\"" + String(repeating: "x", count: 2048) + "\"}")
        try Self.keep(large, in: &repeated)
        #expect(Self.chunk(large, &repeated) == nil)
        #expect(Self.chunk(Self.event("a"), &repeated) == nil)
    }
}
