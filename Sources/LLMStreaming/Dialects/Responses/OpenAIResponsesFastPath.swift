/// The hot path of Responses streams: `response.output_text.delta` with no more than the members that mean nothing
/// else.
///
/// Any other event, or log probabilities, makes it give up (nil), and the full decoder looks.
enum OpenAIResponsesFastPath {
    /// A piece of text.
    struct Delta: Equatable {
        var text: String
        /// The place of its item; nil where the server leaves it out.
        var outputIndex: Int?
        var contentIndex = 0
        var sequenceNumber: Int?
    }

    /// The piece of such an event; nil where the full decoder must look.
    static func delta(of bytes: Span<UInt8>) -> Delta? {
        var scanner = JSONScanner()
        var isDelta = false
        var text: String?
        var (outputIndex, contentIndex, sequenceNumber): (Int?, Int?, Int?)
        guard scanner.take(UInt8(ascii: "{"), in: bytes) else { return nil }
        repeat {
            guard let (key, isEscaped) = scanner.rawString(in: bytes), !isEscaped,
                scanner.take(UInt8(ascii: ":"), in: bytes)
            else { return nil }
            // Of a member that is there twice the last counts; that is for the full decoder.
            if JSONScanner.equals(key, "type", in: bytes) {
                guard !isDelta, let (type, _) = scanner.rawString(in: bytes),
                    JSONScanner.equals(type, "response.output_text.delta", in: bytes)
                else { return nil }
                isDelta = true
            } else if JSONScanner.equals(key, "delta", in: bytes) {
                guard text == nil, let piece = scanner.string(in: bytes) else { return nil }
                text = piece
            } else if JSONScanner.equals(key, "output_index", in: bytes) {
                guard outputIndex == nil, let number = scanner.integer(in: bytes) else { return nil }
                outputIndex = number
            } else if JSONScanner.equals(key, "content_index", in: bytes) {
                guard contentIndex == nil, let number = scanner.integer(in: bytes) else { return nil }
                contentIndex = number
            } else if JSONScanner.equals(key, "sequence_number", in: bytes) {
                guard sequenceNumber == nil, let number = scanner.integer(in: bytes) else { return nil }
                sequenceNumber = number
            } else if JSONScanner.equals(key, "logprobs", in: bytes) || JSONScanner.equals(key, "error", in: bytes) {
                guard scanner.takeNothing(in: bytes) else { return nil }
            } else {
                guard scanner.skipValue(in: bytes) else { return nil }
            }
        } while scanner.take(UInt8(ascii: ","), in: bytes)
        guard scanner.take(UInt8(ascii: "}"), in: bytes), scanner.peek(in: bytes) == nil, isDelta, let text
        else { return nil }
        return Delta(
            text: text, outputIndex: outputIndex, contentIndex: contentIndex ?? 0, sequenceNumber: sequenceNumber)
    }
}
