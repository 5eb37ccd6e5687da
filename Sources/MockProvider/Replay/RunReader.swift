import NIOCore

/// One reader of a stored run: its events, each no sooner than it is generated.
struct RunReader: Sendable {
    let run: StoredRun
    private var events: EventStream
    private var bytesToSkip: Int
    /// When the next event is generated.
    private var due: NIODeadline

    init(run: StoredRun, events: EventStream, skipping bytes: Int = 0) {
        self.run = run
        self.events = events
        bytesToSkip = bytes
        due = run.schedule.start + TimeAmount(events.delay ?? .zero)
    }

    /// How the body ends, once all of it is written.
    var ending: BodyEnding? {
        if let cancelled = run.cancelled, due > cancelled { return .complete }
        return switch events.ending {
        case .silent? where run.cancelled != nil: .complete
        case let ending: ending
        }
    }

    /// When the next event may be written; nil for now.
    func wait(at now: NIODeadline) -> NIODeadline? { due > now ? due : nil }

    /// Chunks that were written or skipped.
    var chunkIndex: Int { events.chunkIndex }
    var isCutInChunk: Bool { events.isCutInChunk }

    /// Writes the next event, or the rest of it after the bytes to skip.
    mutating func writeNext(into buffer: inout ByteBuffer) {
        if bytesToSkip == 0 {
            events.writeNext(into: &buffer)
        } else {
            var event = ByteBuffer()
            events.writeNext(into: &event)
            let skipped = min(bytesToSkip, event.readableBytes)
            event.moveReaderIndex(forwardBy: skipped)
            bytesToSkip -= skipped
            buffer.writeBuffer(&event)
        }
        due = due + TimeAmount(events.delay ?? .zero)
    }
}
