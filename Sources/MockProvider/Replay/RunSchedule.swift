import NIOCore

/// When each chunk of a run is generated: by the clock, whether anyone reads it or not.
struct RunSchedule: Sendable {
    let start: NIODeadline
    /// The time before the first chunk.
    let timeToFirstToken: Duration
    /// The time between two chunks.
    let pace: Duration
    let chunkCount: Int

    init(start: NIODeadline, behavior: MockBehavior, chunkCount: Int) {
        self.start = start
        timeToFirstToken = behavior.timeToFirstToken ?? .zero
        pace = behavior.pace ?? .zero
        self.chunkCount = chunkCount
    }

    /// How many chunks are generated at a time.
    func chunksGenerated(at time: NIODeadline) -> Int {
        let elapsed = time - (start + TimeAmount(timeToFirstToken))
        guard elapsed >= .zero else { return 0 }
        guard pace > .zero else { return chunkCount }
        return min(chunkCount, 1 + Int(elapsed.nanoseconds / TimeAmount(pace).nanoseconds))
    }
}
