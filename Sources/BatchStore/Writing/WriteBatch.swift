import BatchEngine
import LLMStreaming

/// What one commit writes.
///
/// Chunks lie in two flat arrays, rows and the bytes of their texts, so that queueing one is an append and no string
/// is shared between threads.
struct WriteBatch: Sendable {
    /// The memory that is kept after a commit: a batch grows beyond it only while the writer is held up.
    private static let keptBytes = 12 << 20

    private(set) var writes: [PendingWrite] = []
    private(set) var chunks: [PendingChunk] = []
    private(set) var texts: [UInt8] = []
    private var otherBytes = 0
    /// When its first write was queued.
    private(set) var start: ContinuousClock.Instant?

    var isEmpty: Bool { writes.isEmpty }

    /// About how much memory it takes.
    var byteCount: Int { texts.count + chunks.count * MemoryLayout<PendingChunk>.stride + otherBytes }

    mutating func append(_ write: PendingWrite) {
        begin()
        writes.append(write)
        otherBytes += write.byteCount
    }

    /// Appends the chunks of one read.
    mutating func append(
        _ new: [StreamedChunk], of attemptID: Int64, from sequence: Int, atMicroseconds microseconds: Int64
    ) {
        begin()
        var sequence = sequence
        for chunk in new {
            let textStart = texts.count
            texts.append(contentsOf: chunk.text.utf8)
            chunks.append(
                PendingChunk(
                    attemptID: attemptID, sequence: sequence, atMicroseconds: microseconds, kind: chunk.kind,
                    choice: Int32(clamping: chunk.choice), item: Int32(clamping: chunk.item), textStart: textStart,
                    textCount: texts.count - textStart))
            sequence += 1
        }
        if case .chunks(let count) = writes.last {
            writes[writes.count - 1] = .chunks(count + new.count)
        } else {
            writes.append(.chunks(new.count))
        }
    }

    private mutating func begin() { if start == nil { start = .now } }

    /// Empties it and keeps its memory for the batch after the next.
    mutating func removeAll() {
        let isLarge = byteCount > Self.keptBytes
        writes.removeAll(keepingCapacity: !isLarge)
        chunks.removeAll(keepingCapacity: !isLarge)
        texts.removeAll(keepingCapacity: !isLarge)
        otherBytes = 0
        start = nil
    }

    /// Resumes those who wait for the ends in it.
    func resumeWaiting(with result: Result<Void, any Error>) {
        for write in writes {
            switch write {
            case .end(_, let continuation): continuation.resume(with: result)
            case .give(let given, _): given.resume(with: result)
            case .chunks, .start, .second: break
            }
        }
    }
}

/// A write that waits for its commit, in the order of the calls.
enum PendingWrite: Sendable {
    /// The next rows of the batch's chunks.
    case chunks(Int)
    case start(AttemptStart, attemptID: Int64, runID: Int64)
    case end(AttemptEnd, CheckedContinuation<Void, any Error>)
    case give(GivenEnds, firstAttemptID: Int64)
    case second(RunSecond)

    /// About how much memory it takes; chunks are counted one by one.
    var byteCount: Int {
        switch self {
        case .chunks: 0
        case .start, .second: 256
        case .end(let end, _): 1024 + end.textBytes
        case .give(let given, _): given.byteCount
        }
    }
}

extension AttemptEnd {
    /// The bytes of its texts.
    fileprivate var textBytes: Int {
        var count = 0
        for choice in partial?.answer.choices ?? [] { count += choice.text.utf8.count + choice.reasoning.utf8.count }
        guard case .completed(let records) = transition else { return count }
        for record in records {
            count += record.choice.content.utf8.count + (record.choice.reasoning?.utf8.count ?? 0)
            // The message that a next turn sends back holds them once more.
            count += record.choice.content.utf8.count
            if record.checkReport != nil { count += 256 }
        }
        return count
    }
}

/// A row of `chunks` that waits for its commit; its text lies in the batch's bytes.
struct PendingChunk: Sendable {
    var attemptID: Int64
    var sequence: Int
    var atMicroseconds: Int64
    var kind: StreamedChunk.Kind
    var choice: Int32
    var item: Int32
    var textStart: Int
    var textCount: Int
}
