import NIOCore
import NIOHTTP1

/// A response before its first byte is sent.
struct Response: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: ResponseBody
    /// The byte of the body before which a fault ends it.
    var limit: (bytes: Int, ending: BodyEnding)?
    /// What is sent while the body waits, is silent or left open; nil sends nothing.
    var heartbeat: Heartbeat?
    var closesConnection = false
    var account = ResponseAccount()
    /// Where a server of limited capacity generates the body: what each part waits for; nil waits for nothing.
    var generated: GeneratedBody?
}

/// What the server does with a request.
enum Reply: Sendable {
    case response(Response)
    /// The connection stays open without a response.
    case silence
    /// The connection, or the stream, is closed without a response.
    case drop
    /// The connection, or the stream, is reset without a response.
    case reset
}

/// An event without content that is sent over and over on a silent connection.
struct Heartbeat: Sendable {
    let interval: Duration
    let event: String

    /// The interval where the behaviour has neither one nor a pace.
    private static let defaultInterval = Duration.milliseconds(100)
    /// The comment line of OpenRouter.
    static let comment = ": OPENROUTER PROCESSING\n\n"

    /// Comments or pings, as the behaviour has them; nil for neither.
    init?(_ behavior: MockBehavior, dialect: Dialect) {
        switch (behavior.sendsPings, dialect) {
        case (true, .messages): event = "event: ping\ndata: {\"type\": \"ping\"}\n\n"
        case (true, _): event = ": ping\n\n"
        case (false, _):
            guard behavior.sendsComments else { return nil }
            event = Self.comment
        }
        interval = behavior.heartbeat ?? behavior.pace ?? Self.defaultInterval
    }
}

/// The body of a response: events, or bytes that are known from the start.
enum ResponseBody: Sendable {
    case events(EventStream)
    /// The events of a run that goes on without its client.
    case replay(RunReader)
    /// Events that were rendered once, for load.
    case bulk(BulkStream)
    /// Bytes still to be written, the wait before them, and how the body ends after them.
    case whole(ByteBuffer, delay: Duration?, ending: BodyEnding)

    /// How the body ends, once all of it is written.
    var ending: BodyEnding? {
        switch self {
        case .events(let stream): stream.ending
        case .replay(let reader): reader.ending
        case .bulk(let stream): stream.ending
        case .whole(let bytes, _, let ending): bytes.readableBytes == 0 ? ending : nil
        }
    }

    /// Chunks of the answer that were written; nil for bytes that are known from the start.
    var chunkIndex: Int? {
        switch self {
        case .events(let stream): stream.chunkIndex
        case .replay(let reader): reader.chunkIndex
        case .bulk(let stream): stream.chunkIndex
        case .whole: nil
        }
    }

    /// Chunks of the answer that are written once the next part is; nil for bytes that are known from the start.
    var chunksWithNextPart: Int? {
        if case .bulk(let stream) = self { stream.chunksWithNextPart } else { chunkIndex.map { $0 + 1 } }
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

    /// The time before which the next part does not exist; nil where it does.
    func dueTime(now: @autoclosure () -> NIODeadline) -> NIODeadline? {
        if case .replay(let reader) = self { reader.wait(at: now()) } else { nil }
    }

    /// Writes the next part.
    mutating func writeNext(into buffer: inout ByteBuffer) {
        switch self {
        case .events(var stream):
            // The enum's copy is released, so that the stream changes in place and its renderer is not copied.
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

/// The bytes of a response's body up to its limit, slice by slice.
struct BodySource {
    /// Why a slice ends.
    enum Pause {
        case isFull
        case isDue(after: Duration)
        case exists(from: NIODeadline)
        case ended(BodyEnding)
    }

    /// Bytes in a slice, and so in a write.
    private static let sliceBytes = 16_384

    private(set) var body: ResponseBody
    private let limit: (bytes: Int, ending: BodyEnding)?
    private let generated: GeneratedBody?
    /// Whether the body is only what stands for one that is not made yet.
    private var isUnmade: Bool
    private var bytes = 0
    private var hasWaited = false
    /// Chunks that were written before the last part was; nil of a body without chunks.
    private var chunksBeforePart: Int?
    /// Chunks that were written whole where the body's end is a limit.
    private var wholeChunks: Int?

    init(_ response: Response) {
        body = response.body
        limit = response.limit
        generated = response.generated
        isUnmade = response.generated != nil
    }

    /// A capacity with which a slice need not grow: a paced body has one event in each.
    var capacity: Int { body.delay == nil && generated == nil ? Self.sliceBytes : 512 }

    /// Fills an empty slice with all that the body has without a wait.
    mutating func fill(_ slice: inout ByteBuffer) -> Pause {
        defer { bytes += slice.readableBytes }
        while true {
            let written = slice.readableBytes
            if let limit, bytes + written >= limit.bytes {
                // Heartbeats may have passed the limit before.
                let excess = min(bytes + written - limit.bytes, written)
                slice.moveWriterIndex(to: slice.writerIndex - excess)
                // The cut is in the part that was written last. An event can be read without its blank line.
                wholeChunks = excess > 2 ? chunksBeforePart : body.chunkIndex
                return .ended(limit.ending)
            }
            if let time = waitForTokens() { return .exists(from: time) }
            if let ending = body.ending { return .ended(ending) }
            if written >= Self.sliceBytes { return .isFull }
            if let delay = body.delay, !hasWaited { return .isDue(after: delay) }
            if let time = body.dueTime(now: .now()) { return .exists(from: time) }
            hasWaited = false
            chunksBeforePart = body.chunkIndex
            body.writeNext(into: &slice)
        }
    }

    /// The time before which the tokens of the next part are not generated; nil where they are.
    private mutating func waitForTokens() -> NIODeadline? {
        guard let generated else { return nil }
        let tokens = generated.tokens(forChunks: body.chunksWithNextPart)
        if let time = generated.ticket.wait(forTokens: tokens) { return time }
        if isUnmade {
            body = generated.make(generated.ticket.cachedTokens)
            isUnmade = false
        }
        return nil
    }

    /// Notes that the pace at the end of the last slice is over.
    mutating func waited() { hasWaited = true }

    /// Counts bytes of the body that another sent.
    mutating func heartbeatSent(_ count: Int) { bytes += count }

    /// Chunks that were generated for a response with this ending, and those of them that were sent whole.
    func chunks(of account: ResponseAccount, ending: ResponseRecord.Ending) -> (generated: Int, sent: Int) {
        let ofDocument = ending == .complete ? account.answer?.chunkCount ?? 0 : 0
        let generated = body.chunkIndex ?? ofDocument
        return (generated, wholeChunks ?? generated - (body.isCutInChunk ? 1 : 0))
    }
}

/// How a response's body comes to its end on the wire.
enum BodyEnding: Sendable, Hashable {
    /// By HTTP's rules.
    case complete
    /// The answer is whole, but the body's end never comes.
    case leftOpen
    /// Nothing comes any more.
    case silent
    /// The connection, or the stream, is closed without the body's end.
    case cut
    /// The connection, or the stream, is reset.
    case reset
}
