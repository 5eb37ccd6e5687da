import NIOCore

/// Where the bytes of a response's body come from: the body up to its limit, slice by slice, and how far it is.
struct BodySource {
    /// Why a slice is at its end.
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
    private var bytes = 0
    private var hasWaited = false
    /// Chunks that were written before the last part was; nil of a body without chunks.
    private var chunksBeforePart: Int?
    /// Chunks that were written whole where the body's end is a limit.
    private var wholeChunks: Int?

    init(_ response: Response) {
        body = response.body
        limit = response.limit
    }

    /// The size of a slice that needs not grow: a paced body has one event in each.
    var capacity: Int { body.delay == nil ? Self.sliceBytes : 512 }

    /// Fills an empty slice as far as the body goes without a wait.
    mutating func fill(_ slice: inout ByteBuffer) -> Pause {
        defer { bytes += slice.readableBytes }
        while true {
            let written = slice.readableBytes
            if let limit, bytes + written >= limit.bytes {
                // Heartbeats may have passed the limit before.
                let excess = min(bytes + written - limit.bytes, written)
                slice.moveWriterIndex(to: slice.writerIndex - excess)
                // What is cut off lies in the part that was written last. Without its blank line an event can be read.
                wholeChunks = excess > 2 ? chunksBeforePart : body.chunkIndex
                return .ended(limit.ending)
            }
            if let ending = body.ending { return .ended(ending) }
            if written >= Self.sliceBytes { return .isFull }
            if let delay = body.delay, !hasWaited { return .isDue(after: delay) }
            if let time = body.dueTime(now: .now()) { return .exists(from: time) }
            hasWaited = false
            chunksBeforePart = body.chunkIndex
            body.writeNext(into: &slice)
        }
    }

    /// The wait that the last slice ended with is over.
    mutating func waited() { hasWaited = true }

    /// Counts bytes of the body that did not come from here.
    mutating func heartbeatSent(_ count: Int) { bytes += count }

    /// Chunks that were generated for a response that ended so, and those of them that were sent whole.
    func chunks(of account: ResponseAccount, ending: ResponseRecord.Ending) -> (generated: Int, sent: Int) {
        let ofDocument = ending == .complete ? account.answer?.chunkCount ?? 0 : 0
        let generated = body.chunkIndex ?? ofDocument
        return (generated, wholeChunks ?? generated - (body.isCutInChunk ? 1 : 0))
    }
}
