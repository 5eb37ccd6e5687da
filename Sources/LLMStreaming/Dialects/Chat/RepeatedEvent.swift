/// An event with a piece of text, kept to know the next one by: in most streams it differs in that text alone.
///
/// A text without quotes, backslashes and control characters cannot change what the bytes around it mean, so an event
/// with the same bytes around such a text means the same but for the text. Comparing costs a fifth of scanning.
struct RepeatedEvent: Sendable {
    /// What stands around the text at most, which each waiting stream holds.
    private static let maximumFrameBytes = 2048
    /// How many frames in a row are kept in vain before the stream is taken as one that does not repeat itself: some
    /// servers number their events, or fill each up with padding.
    private static let maximumVainFrames = 16

    /// What stands before the text, its opening quote last, and from its closing quote on.
    private var frame: [UInt8] = []
    private var headCount = 0
    /// The chunk without its text.
    private var chunk = StreamedChunk(.text, "")
    private var vainFrames = 0

    /// The chunk of an event that is like the one before; nil where it is not, or says more than this can tell.
    mutating func chunk(of bytes: Span<UInt8>) -> StreamedChunk? {
        let tailCount = frame.count - headCount
        // An empty text is no chunk.
        guard headCount > 0, bytes.count > frame.count else { return nil }
        let text = headCount..<bytes.count - tailCount
        guard bytes.isEqual(from: 0, to: frame.span.extracting(..<headCount)),
            bytes.isEqual(from: text.upperBound, to: frame.span.extracting(headCount...)),
            JSONPlainText.end(in: bytes, from: text.lowerBound) == text.upperBound
        else { return nil }
        vainFrames = 0
        var chunk = chunk
        chunk.text = JSONScanner.text(bytes.extracting(text))
        return chunk
    }

    /// Keeps an event.
    ///
    /// - Parameters:
    ///   - chunk: all that the event means.
    ///   - text: where the chunk's text lies, between its quotes.
    mutating func keep(_ bytes: Span<UInt8>, _ chunk: StreamedChunk, text: Range<Int>) {
        guard vainFrames < Self.maximumVainFrames, bytes.count - text.count <= Self.maximumFrameBytes else {
            forget()
            return
        }
        vainFrames += 1
        frame.removeAll(keepingCapacity: true)
        frame.reserveCapacity(bytes.count - text.count)
        unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe frame.append(contentsOf: bytes[..<text.lowerBound])
            unsafe frame.append(contentsOf: bytes[text.upperBound...])
        }
        headCount = text.lowerBound
        self.chunk = chunk
        self.chunk.text = ""
    }

    /// Knows no event any more.
    mutating func forget() {
        frame = []
        headCount = 0
    }
}

extension Span<UInt8> {
    /// Whether the other bytes stand here from an index on; they do not reach over the end.
    fileprivate func isEqual(from start: Int, to other: Span<UInt8>) -> Bool {
        let here = extracting(start..<start + other.count)
        var index = 0
        let (left, right) = unsafe (here.bytes, other.bytes)
        while index + 8 <= other.count {
            // In bounds by the condition above.
            let word = unsafe left.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard unsafe word == right.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self) else { return false }
            index += 8
        }
        while index < other.count {
            guard here[index] == other[index] else { return false }
            index += 1
        }
        return true
    }
}
