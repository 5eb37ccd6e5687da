/// The hot path of Messages streams: `content_block_delta` with a piece of text, thinking or tool arguments, in the
/// order of members that Anthropic writes.
///
/// Any other order or member makes it give up (nil), and the full decoder looks.
enum AnthropicFastPath {
    /// The piece and the index of its block.
    static func delta(
        in bytes: Span<UInt8>
    ) -> (index: Int, kind: StreamedChunk.Kind, text: String)? {
        var scanner = JSONScanner()
        guard scanner.take(UInt8(ascii: "{"), in: bytes), key("type", &scanner, bytes),
            let (type, _) = scanner.rawString(in: bytes), JSONScanner.equals(type, "content_block_delta", in: bytes),
            scanner.take(UInt8(ascii: ","), in: bytes), key("index", &scanner, bytes),
            let index = scanner.integer(in: bytes), scanner.take(UInt8(ascii: ","), in: bytes),
            key("delta", &scanner, bytes), scanner.take(UInt8(ascii: "{"), in: bytes), key("type", &scanner, bytes),
            let (deltaType, _) = scanner.rawString(in: bytes),
            let (kind, name) = piece(deltaType, bytes), scanner.take(UInt8(ascii: ","), in: bytes),
            key(name, &scanner, bytes), let text = scanner.string(in: bytes),
            scanner.take(UInt8(ascii: "}"), in: bytes), scanner.take(UInt8(ascii: "}"), in: bytes),
            scanner.peek(in: bytes) == nil
        else { return nil }
        return (index, kind, text)
    }

    private static func piece(
        _ type: Range<Int>, _ bytes: Span<UInt8>
    ) -> (kind: StreamedChunk.Kind, member: StaticString)? {
        if JSONScanner.equals(type, "text_delta", in: bytes) { return (.text, "text") }
        if JSONScanner.equals(type, "thinking_delta", in: bytes) { return (.reasoning, "thinking") }
        if JSONScanner.equals(type, "input_json_delta", in: bytes) { return (.toolArguments, "partial_json") }
        return nil
    }

    private static func key(_ name: StaticString, _ scanner: inout JSONScanner, _ bytes: Span<UInt8>) -> Bool {
        guard let (range, _) = scanner.rawString(in: bytes) else { return false }
        return JSONScanner.equals(range, name, in: bytes) && scanner.take(UInt8(ascii: ":"), in: bytes)
    }
}
