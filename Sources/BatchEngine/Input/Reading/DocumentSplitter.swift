/// Cuts a batch that comes as one document (`{"requests": [...]}`) into its requests, holding one buffer and at most
/// one unfinished request: such a document has up to 256 MB (WIRE.md 7).
///
/// It only finds where requests begin and end; whether they are JSON is the parser's matter.
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

    /// Says that the buffer was filled anew with that many bytes; only once `nextRequest` has returned nil.
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
