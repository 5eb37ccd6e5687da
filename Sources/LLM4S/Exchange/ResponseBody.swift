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

    /// The bytes that are kept of it.
    var heldByteCount: Int {
        switch self {
        case .document(let bytes), .refusal(_, let bytes), .foreign(_, let bytes): bytes.count
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
