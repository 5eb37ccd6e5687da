/// What the client itself took: where that is much, the test measured the client.
package struct ClientCost: Sendable, Equatable {
    /// CPU seconds, user and system.
    package var cpuSeconds: Double
    package var wallSeconds: Double
    package var chunks: Int
    /// The most memory that the process held, in bytes.
    package var peakBytes: Int
    /// What each open stream took, in bytes; nil where there were none or the system does not tell.
    package var bytesPerStream: Double?
    /// How late the event loops came to what was due, in seconds.
    package var loopLag: Distribution

    package init(
        cpuSeconds: Double, wallSeconds: Double, chunks: Int, peakBytes: Int, bytesPerStream: Double?,
        loopLag: Distribution
    ) {
        self.cpuSeconds = cpuSeconds
        self.wallSeconds = wallSeconds
        self.chunks = chunks
        self.peakBytes = peakBytes
        self.bytesPerStream = bytesPerStream
        self.loopLag = loopLag
    }

    /// The share of one core.
    package var coreShare: Double { wallSeconds > 0 ? cpuSeconds / wallSeconds : 0 }
    /// CPU of each chunk, in seconds.
    package var cpuPerChunk: Double? { chunks > 0 ? cpuSeconds / Double(chunks) : nil }

    /// More than this share of a core, and the client is what was measured.
    package static let greatestCoreShare = 0.8
    /// More than this share of the time to first token between due and sent, and the client is what was measured.
    package static let greatestDispatchShare = 0.01
}
