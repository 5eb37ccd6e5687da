import LLMStreaming
import NIOCore

/// When the parts of one attempt came, measured from its start.
struct StreamTimings: Sendable {
    private let start: NIODeadline
    /// The first byte of the response's head or of what stood in its place.
    private(set) var firstByte: Int64?
    /// The first chunk of content.
    private(set) var firstChunk: Int64?
    private var lastChunk: Int64?
    private(set) var chunkCount = 0
    /// The gaps between reads that brought content.
    private(set) var gaps = GapHistogram()

    /// Timings of an attempt that started then.
    init(start: NIODeadline) { self.start = start }

    /// The microseconds between the attempt's start and a moment.
    func microseconds(at now: NIODeadline) -> Int64 { (now - start).nanoseconds / 1000 }

    /// Something of the response came.
    mutating func receivedBytes(at now: NIODeadline) {
        if firstByte == nil { firstByte = microseconds(at: now) }
    }

    /// The chunks of one read came.
    mutating func received(_ chunks: [StreamedChunk], at now: NIODeadline) {
        chunkCount += chunks.count
        guard chunks.contains(where: \.isContent) else { return }
        let time = microseconds(at: now)
        if let lastChunk { gaps.add(microseconds: time - lastChunk) } else { firstChunk = time }
        lastChunk = time
    }
}
