/// Cuts a batch that comes as one document (`{"requests": [...]}`) into its requests, in the memory of one buffer
/// and one unfinished request: such a document has up to 256 MB (Provider facts, "Batch files").
///
/// It only finds where requests begin and end; whether they are JSON is for the parser to say.
struct DocumentSplitter {
    private enum Stage {
        /// Behind the array's bracket.
        case opened
        case inRequest
        case behindRequest
        case behindComma
        case behindArray
        case behindDocument
        case broken
    }

    private let maximumRequestBytes: Int
    /// The bytes that came last: a reader fills it from its start.
    var buffer: [UInt8]
    private var unread: Range<Int>
    private var stage = Stage.opened
    private var scan = ValueScan()
    private var pending = InputLine.bytes([])

    /// A splitter of what follows the bracket, of which some bytes have come.
    init(maximumRequestBytes: Int, buffer: [UInt8], unread: Range<Int>) {
        self.maximumRequestBytes = maximumRequestBytes
        self.buffer = buffer
        self.unread = unread
    }

    /// The next request whose end has come; nil where more bytes are needed.
    mutating func nextRequest() -> InputLine? {
        while let byte = unread.first.map({ buffer[$0] }) {
            if case .inRequest = stage {
                // A copy: the buffer is looked at meanwhile.
                var scan = scan
                let end = scan.end(in: buffer.span, from: unread)
                self.scan = scan
                append(unread.lowerBound..<(end ?? unread.upperBound))
                unread = (end ?? unread.upperBound)..<unread.upperBound
                guard end != nil else { return nil }
                stage = .behindRequest
                defer { pending = .bytes([]) }
                return pending
            }
            if !byte.isJSONSpace, let fault = step(byte) {
                stage = .broken
                unread = 0..<0
                return .broken(fault)
            }
            if case .inRequest = stage { continue }
            unread = (unread.lowerBound + 1)..<unread.upperBound
        }
        return nil
    }

    /// What is left at the file's end: a fault where the document is not whole, else nil.
    mutating func end() -> InputLine? {
        defer { stage = .broken }
        switch stage {
        case .behindDocument, .broken: return nil
        case .inRequest: return .broken("not JSON: the document ends within the request")
        case .opened, .behindRequest, .behindComma, .behindArray:
            return .broken("not JSON: the document ends before its last bracket")
        }
    }

    /// Says that the buffer was filled again, up to this byte; only once `nextRequest` has returned nil.
    mutating func didRefill(_ count: Int) { unread = 0..<(isBroken ? 0 : count) }

    private var isBroken: Bool { if case .broken = stage { true } else { false } }

    /// Takes a byte between the requests; returns what is wrong with it.
    private mutating func step(_ byte: UInt8) -> String? {
        switch (stage, byte) {
        case (.behindRequest, UInt8(ascii: ",")): stage = .behindComma
        case (.opened, UInt8(ascii: "]")), (.behindRequest, UInt8(ascii: "]")): stage = .behindArray
        case (.behindArray, UInt8(ascii: "}")): stage = .behindDocument
        case (.behindComma, UInt8(ascii: "]")),
            (_, UInt8(ascii: ",")) where !isBehindArray:
            return "not JSON: a request is missing behind a comma"
        case (.opened, _), (.behindComma, _):
            scan = ValueScan()
            stage = .inRequest
        case (.behindRequest, _): return "not JSON: a comma is missing between two requests"
        case (.behindArray, _): return "a batch document may have no other member behind 'requests'"
        default: return "text behind the end of the document"
        }
        return nil
    }

    private var isBehindArray: Bool {
        switch stage {
        case .behindArray, .behindDocument: true
        default: false
        }
    }

    private mutating func append(_ range: Range<Int>) {
        switch pending {
        case .oversized(let count): pending = .oversized(count + range.count)
        case .bytes(var request):
            // Emptied first: else the append would copy the request.
            pending = .oversized(0)
            if range.count > maximumRequestBytes - request.count {
                pending = .oversized(request.count + range.count)
            } else {
                request.append(contentsOf: buffer[range])
                pending = .bytes(request)
            }
        case .broken: break
        }
    }
}

/// Finds the end of one JSON value in bytes that come in pieces, by its brackets and quotes alone.
struct ValueScan {
    private enum Text {
        case outside
        case inside
        /// Behind a backslash.
        case escaped
    }

    private var depth = 0
    private var text = Text.outside
    /// Whether the value is neither an object, an array nor a string, and ends before what cannot belong to it.
    private var isBare = false
    private var hasBegun = false

    /// Whether the bytes so far end within the value, but not within a text.
    var isBetweenTokens: Bool { depth > 0 && text == .outside }

    /// The index behind the value's last byte; nil where it is not in this piece.
    mutating func end(in bytes: Span<UInt8>, from range: Range<Int>) -> Int? {
        for index in range {
            let byte = bytes[index]
            switch text {
            case .escaped:
                text = .inside
                continue
            case .inside:
                if byte == UInt8(ascii: "\\") { text = .escaped }
                if byte == UInt8(ascii: "\"") {
                    text = .outside
                    if depth == 0 { return index + 1 }
                }
                continue
            case .outside: break
            }
            if isBare {
                if byte.isJSONSpace || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") { return index }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): text = .inside
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth <= 0 { return index + 1 }
            default: isBare = !hasBegun
            }
            hasBegun = true
        }
        return nil
    }
}
