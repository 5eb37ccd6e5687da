import BatchEngine
import LLMStreaming

/// A write that waits for its commit, in the order of the calls.
enum PendingWrite: Sendable {
    /// The next so many rows of the batch's chunks.
    case chunks(Int)
    case start(AttemptStart, attemptID: Int64, runID: Int64)
    case end(AttemptEnd, CheckedContinuation<Void, any Error>)
    case second(RunSecond)

    /// What it takes in memory, roughly; chunks are counted one by one.
    var byteCount: Int {
        switch self {
        case .chunks: 0
        case .start, .second: 256
        case .end(let end, _): 1024 + end.textBytes
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
        }
        return count
    }
}
