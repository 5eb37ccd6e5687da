import LLMStreaming

/// What the body of a response is, as far as that is known, with what must be kept of it.
enum ResponseBody: Sendable, Equatable {
    /// The head has not come.
    case awaitingHead
    /// A success of which nothing came that tells what it is.
    case opening(BodyOpening)
    /// A stream of events: decoded as it comes, nothing is kept here.
    case events
    /// One JSON document instead of a stream.
    case document([UInt8])
    /// A page that was asked for in an answer's place.
    case page([UInt8])
    /// The body of a response that is no success.
    case refusal(ResponseHead, [UInt8])
    /// The body of a success that is neither events nor JSON.
    case foreign(mediaType: String, [UInt8])
    /// Nothing that follows matters.
    case settled

    /// How much of a refusal is read: its message is at the front, and only 2 KB of it are kept.
    static let maximumRefusalBytes = 64 << 10
    /// How much of a body of a foreign type is read: enough for its beginning in a message.
    static let maximumForeignBytes = 2 << 10

    /// The longest page that is read: a server with eight engines has metrics of more than a megabyte.
    static let maximumPageBytes = 4 << 20

    /// The bytes that are kept of it.
    var heldByteCount: Int {
        switch self {
        case .document(let bytes), .page(let bytes), .refusal(_, let bytes), .foreign(_, let bytes): bytes.count
        case .awaitingHead, .opening, .events, .settled: 0
        }
    }

    /// The kind of body that follows a head; redirects are not asked about.
    init(head: ResponseHead) {
        guard (200..<300).contains(head.status) else {
            self = .refusal(head, [])
            return
        }
        self = .opening(BodyOpening(head: head))
    }

    /// Keeps what a body without events must be read whole for.
    ///
    /// - Returns: whether the bound of this kind of body is reached.
    mutating func keep(_ bytes: Span<UInt8>, maximumDocumentBytes: Int) -> Bool {
        func append(_ kept: inout [UInt8], upTo maximum: Int) -> Bool {
            let part = bytes.extracting(first: max(0, maximum - kept.count))
            unsafe part.withUnsafeBufferPointer { unsafe kept.append(contentsOf: $0) }
            return kept.count >= maximum
        }
        switch self {
        case .document(var kept):
            // Taken out while it grows: two owners would make each growth a copy.
            self = .settled
            // One byte over the bound, to tell a full document from one that is too long.
            let isFull = append(&kept, upTo: maximumDocumentBytes + 1)
            self = .document(kept)
            return isFull
        case .page(var kept):
            self = .settled
            let isFull = append(&kept, upTo: Self.maximumPageBytes + 1)
            self = .page(kept)
            return isFull
        case .refusal(let head, var kept):
            self = .settled
            let isFull = append(&kept, upTo: Self.maximumRefusalBytes)
            self = .refusal(head, kept)
            return isFull
        case .foreign(let mediaType, var kept):
            self = .settled
            let isFull = append(&kept, upTo: Self.maximumForeignBytes)
            self = .foreign(mediaType: mediaType, kept)
            return isFull
        case .awaitingHead, .opening, .events, .settled: return false
        }
    }
}

/// The beginning of a success's body, by which it is decided what the body is: gateways name event streams JSON, and
/// whole completions event streams.
struct BodyOpening: Sendable, Equatable {
    /// What a body may be.
    enum Kind: Sendable, Equatable {
        /// More must come.
        case undecided
        case events
        /// JSON, from that byte on.
        case document(from: Int)
        /// Something else, of that type.
        case foreign(String)
        /// Compressed in that way.
        case compressed(String)
    }

    /// How much is looked at: comments may stand before what tells.
    static let maximumBytes = 16 << 10

    /// What the head calls it; empty where it does not say.
    private let mediaType: String
    private let coding: String?
    /// What came and does not tell.
    var bytes: [UInt8] = []
    /// How many of them need no second look: a server may send comments byte by byte.
    private var seenCount = 0
    private var isInComment = false

    init(head: ResponseHead) {
        mediaType = head.mediaType ?? ""
        coding = ContentCoding.named(in: head)
    }

    /// What a body is that begins with these bytes: those of the call before, and what came since.
    mutating func kind(of bytes: Span<UInt8>) -> Kind {
        // No line of an event stream and no JSON begins so.
        if !bytes.isEmpty, bytes.count < 4, [0x1F, 0x28].contains(bytes[0]) { return .undecided }
        if let coding = ContentCoding.found(in: bytes, named: coding) { return .compressed(coding) }
        // Compressed bytes may begin like JSON.
        if coding != nil, bytes.count < 4 { return .undecided }
        guard let start = firstLine(bytes) else { return bytes.count < Self.maximumBytes ? .undecided : unknown }
        switch bytes[start] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): return .document(from: start)
        case UInt8(ascii: "<"):
            return .foreign(mediaType.isEmpty || mediaType == "text/event-stream" ? "text/html" : mediaType)
        default: break
        }
        let rest = bytes.extracting(start...)
        return switch Self.startsWithField(rest) {
        case true?: .events
        case nil: .undecided
        case false?: unknown
        }
    }

    /// What a body is whose bytes do not tell.
    private var unknown: Kind {
        switch mediaType {
        case "", "text/event-stream": .events
        case "application/json": .document(from: 0)
        case let type where type.hasSuffix("+json"): .document(from: 0)
        case let type: .foreign(type)
        }
    }

    /// Where the first line begins that is neither blank nor a comment; nil where none does yet.
    private mutating func firstLine(_ bytes: Span<UInt8>) -> Int? {
        if seenCount == 0 {
            let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
            var index = 0
            while index < 3, index < bytes.count, bytes[index] == mark[index] { index += 1 }
            if index == bytes.count { return nil }
            seenCount = index
        }
        while seenCount < bytes.count {
            switch bytes[seenCount] {
            case 0x0A, 0x0D: isInComment = false
            case 0x20, 0x09: break
            case UInt8(ascii: ":"): isInComment = true
            default: if !isInComment { return seenCount }
            }
            seenCount += 1
        }
        return nil
    }

    /// Whether a line begins with the name of a field; nil where it may yet.
    private static func startsWithField(_ line: Span<UInt8>) -> Bool? {
        var mayFollow = false
        for name in ["data", "event", "id", "retry", "error"] {
            let name = Array(name.utf8)
            var count = 0
            while count < name.count, count < line.count, line[count] == name[count] { count += 1 }
            if count == line.count { mayFollow = true }
            guard count == name.count, count < line.count else { continue }
            if [0x3A, 0x0A, 0x0D].contains(line[count]) { return true }
        }
        return mayFollow ? nil : false
    }
}

/// How a body is compressed; nobody asks for that here, and what is compressed is named instead of read.
enum ContentCoding {
    /// The coding that a head names; nil for none.
    static func named(in head: ResponseHead) -> String? {
        guard let value = head["content-encoding"] else { return nil }
        let codings = value.split(separator: ",").map { $0.lowercased().filter { !$0.isWhitespace } }
        return codings.last { !$0.isEmpty && !["identity", "none", "utf-8"].contains($0) }
    }

    /// The coding of a body that begins so; nil where it begins like text.
    ///
    /// - Parameter name: what the head names: a proxy that decompresses may leave it there.
    static func found(in bytes: Span<UInt8>, named name: String?) -> String? {
        func begins(_ magic: [UInt8]) -> Bool {
            bytes.count >= magic.count && magic.indices.allSatisfy { bytes[$0] == magic[$0] }
        }
        if begins([0x1F, 0x8B]) { return "gzip" }
        if begins([0x28, 0xB5, 0x2F, 0xFD]) { return "zstd" }
        guard let name else { return nil }
        // Compressed bytes do without control characters for no longer than a few.
        let beginning = bytes.extracting(first: 64)
        for index in beginning.indices where !isText(beginning[index]) { return name }
        return nil
    }

    /// The coding of a refusal's body; nil where it is not compressed.
    static func found(in body: [UInt8], of head: ResponseHead) -> String? {
        found(in: body.span, named: named(in: head))
    }

    private static func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || (0x09...0x0D).contains(byte) }
}
