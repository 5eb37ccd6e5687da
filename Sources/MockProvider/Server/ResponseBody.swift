import NIOCore

/// The body of a response: events, or bytes that are known from the start.
enum ResponseBody: Sendable {
    case events(EventStream)
    /// The events of a run that goes on without its client.
    case replay(RunReader)
    /// Events that were rendered once, for load.
    case bulk(BulkStream)
    /// Bytes still to be written, the wait before them, and how the body ends after them.
    case whole(ByteBuffer, delay: Duration?, ending: BodyEnding)

    /// How the body ends, once nothing more is to be written.
    var ending: BodyEnding? {
        switch self {
        case .events(let stream): stream.ending
        case .replay(let reader): reader.ending
        case .bulk(let stream): stream.ending
        case .whole(let bytes, _, let ending): bytes.readableBytes == 0 ? ending : nil
        }
    }

    /// Chunks of the answer that are behind us; nil of bytes that are known from the start.
    var chunkIndex: Int? {
        switch self {
        case .events(let stream): stream.chunkIndex
        case .replay(let reader): reader.chunkIndex
        case .bulk(let stream): stream.chunkIndex
        case .whole: nil
        }
    }

    /// Whether the last chunk was cut in its middle.
    var isCutInChunk: Bool {
        switch self {
        case .events(let stream): stream.isCutInChunk
        case .replay(let reader): reader.isCutInChunk
        case .bulk, .whole: false
        }
    }

    /// The wait before the next part, counted from the last one's; nil for none.
    var delay: Duration? {
        switch self {
        case .events(let stream): stream.delay
        case .replay: nil
        case .bulk(let stream): stream.delay
        case .whole(_, let delay, _): delay
        }
    }

    /// The time before which the next part does not exist; nil when it does.
    func dueTime(now: @autoclosure () -> NIODeadline) -> NIODeadline? {
        if case .replay(let reader) = self { reader.wait(at: now()) } else { nil }
    }

    /// Writes the next part.
    mutating func writeNext(into buffer: inout ByteBuffer) {
        switch self {
        case .events(var stream):
            // Lets go of the enum's copy, so that the stream is changed in place and its renderer not copied.
            self = .whole(ByteBuffer(), delay: nil, ending: .complete)
            stream.writeNext(into: &buffer)
            self = .events(stream)
        case .bulk(var stream):
            self = .whole(ByteBuffer(), delay: nil, ending: .complete)
            stream.writeNext(into: &buffer)
            self = .bulk(stream)
        case .replay(var reader):
            self = .whole(ByteBuffer(), delay: nil, ending: .complete)
            reader.writeNext(into: &buffer)
            self = .replay(reader)
        case .whole(var bytes, _, let ending):
            buffer.writeImmutableBuffer(bytes.readSlice(length: min(bytes.readableBytes, 16_384))!)
            self = .whole(bytes, delay: nil, ending: ending)
        }
    }
}
