import NIOCore

/// The body of a response: events, or bytes that are known from the start.
enum ResponseBody: Sendable {
    case events(EventStream)
    /// Bytes still to be written, the wait before them, and how the body ends after them.
    case whole(ByteBuffer, delay: Duration?, ending: BodyEnding)

    /// How the body ends, once nothing more is to be written.
    var ending: BodyEnding? {
        switch self {
        case .events(let stream): stream.ending
        case .whole(let bytes, _, let ending): bytes.readableBytes == 0 ? ending : nil
        }
    }

    /// The wait before the next part; nil for none.
    var delay: Duration? {
        switch self {
        case .events(let stream): stream.delay
        case .whole(_, let delay, _): delay
        }
    }

    /// Writes the next part.
    mutating func writeNext(into buffer: inout ByteBuffer) {
        switch self {
        case .events(var stream):
            // Lets go of the enum's copy, so that the stream is changed in place and its renderer not copied.
            self = .whole(ByteBuffer(), delay: nil, ending: .complete)
            stream.writeNext(into: &buffer)
            self = .events(stream)
        case .whole(var bytes, _, let ending):
            buffer.writeImmutableBuffer(bytes.readSlice(length: min(bytes.readableBytes, 16_384))!)
            self = .whole(bytes, delay: nil, ending: ending)
        }
    }
}
