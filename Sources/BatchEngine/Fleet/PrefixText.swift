import LLMStreaming

/// Where a stored request holds what a server reads first: its tools, its instructions, its conversation.
///
/// Raw bytes of JSON: all requests were written by one writer, so that the same text is the same bytes. What else
/// stands there (options, model, limits) is left out: jobs that differ in it share their beginning all the same.
struct PrefixText {
    private var tools: Range<Int>?
    private var instructions: Range<Int>?
    private var conversation: Range<Int>?

    /// Finds them in one pass; nil where the bytes are no request, or nest so deeply that it is not worth looking.
    init?(in request: Span<UInt8>) {
        // The full parser takes 256 levels; what is skipped here lies at most three deep.
        var scanner = JSONScanner(maximumSkippedDepth: 128)
        guard readMembers(of: request, with: &scanner, depth: 0) else { return nil }
    }

    /// The ranges in the order in which servers see them.
    ///
    /// All messages are in it, not only the first: examples that stand before a question are shared as often as
    /// instructions are.
    var pieces: [Range<Int>?] { [tools, instructions, conversation] }

    /// Whether a request has the mark by which Anthropic's interface is told to keep a beginning.
    static func asksForCache(_ request: Span<UInt8>) -> Bool {
        let count = "\"cache_control\"".utf8.count
        var start = 0
        while start + count <= request.count {
            // The mark's first letter is rarer in a text than its quote is in JSON.
            if request[start + 1] == UInt8(ascii: "c"), request[start] == UInt8(ascii: "\""),
                JSONScanner.equals(start + 1..<start + count - 1, "cache_control", in: request)
            {
                return true
            }
            start += 1
        }
        return false
    }

    private mutating func readMembers(of request: Span<UInt8>, with scanner: inout JSONScanner, depth: Int) -> Bool {
        guard scanner.take(UInt8(ascii: "{"), in: request) else { return false }
        if scanner.take(UInt8(ascii: "}"), in: request) { return true }
        repeat {
            guard let (name, _) = scanner.rawString(in: request), scanner.take(UInt8(ascii: ":"), in: request),
                let next = scanner.peek(in: request)
            else { return false }
            let start = scanner.index
            if depth < 2, next == UInt8(ascii: "{"), Self.isOpened(name, in: request) {
                guard readMembers(of: request, with: &scanner, depth: depth + 1) else { return false }
            } else {
                guard scanner.skipValue(in: request) else { return false }
                if let place = Self.place(of: name, in: request) { self[keyPath: place] = start..<scanner.index }
            }
        } while scanner.take(UInt8(ascii: ","), in: request)
        return scanner.take(UInt8(ascii: "}"), in: request)
    }

    /// Whether a member's own members are of the request: the bodies of batch lines, and where native lines have tools.
    private static func isOpened(_ name: Range<Int>, in request: Span<UInt8>) -> Bool {
        JSONScanner.equals(name, "body", in: request) || JSONScanner.equals(name, "params", in: request)
            || JSONScanner.equals(name, "options", in: request) || JSONScanner.equals(name, "extra_body", in: request)
    }

    /// What a member is in one of the dialects.
    private static func place(of name: Range<Int>, in request: Span<UInt8>) -> WritableKeyPath<Self, Range<Int>?>? {
        switch name.count {
        case 5:
            if JSONScanner.equals(name, "input", in: request) { return \.conversation }
            return JSONScanner.equals(name, "tools", in: request) ? \.tools : nil
        case 6:
            if JSONScanner.equals(name, "prompt", in: request) { return \.conversation }
            return JSONScanner.equals(name, "system", in: request) ? \.instructions : nil
        case 8: return JSONScanner.equals(name, "messages", in: request) ? \.conversation : nil
        case 12: return JSONScanner.equals(name, "instructions", in: request) ? \.instructions : nil
        default: return nil
        }
    }
}
