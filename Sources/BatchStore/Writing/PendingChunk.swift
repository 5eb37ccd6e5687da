import LLMStreaming

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
