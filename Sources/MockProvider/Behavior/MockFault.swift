/// What goes wrong with a response; the empty value is no fault at all.
package struct MockFault: Sendable, Hashable {
    /// Answers with this status and the dialect's error body, 300 to 599.
    package var status: Int?
    /// The `location` header, for redirects.
    package var location: String?
    /// The `retry-after` header, verbatim.
    package var retryAfter: String?
    /// The `retry-after` header as an HTTP date, this far from now.
    package var retryAfterDate: Duration?
    /// The `retry-after-ms` header, verbatim.
    package var retryAfterMilliseconds: String?
    /// The `x-should-retry` header.
    package var shouldRetry: Bool?
    /// The error's code (chat) or type (Messages), in place of the status's own.
    package var errorCode: String?
    /// The error's message, in place of the status's own.
    package var errorMessage: String?
    /// Where the server falls silent for ever.
    package var silence: Silence?
    /// Closes the connection without a byte of a response.
    package var dropsConnection = false
    /// Resets the connection without a byte of a response.
    package var resetsConnection = false
    /// Closes the connection after exactly this many bytes of the body.
    package var cutBytes: Int?
    /// Resets the connection (RST) after exactly this many bytes of the body.
    package var resetBytes: Int?
    /// Closes the connection in the middle of this chunk's event.
    package var cutChunk: ChunkPosition?
    /// Closes the connection when all content is sent, before the usage.
    package var cutsBeforeUsage = false
    /// Ends the body cleanly before this chunk, without a finish reason.
    package var endChunk: ChunkPosition?
    /// Sends an error in the stream before this chunk, and ends the body.
    package var inBandErrorChunk: ChunkPosition?
    /// Sends an error in the stream after the finish reason, and ends the body.
    package var errsAfterFinish = false
    /// Sends `[DONE]` after an error in the stream, as vLLM does.
    package var sendsDoneAfterError = false
    /// Sends broken JSON in place of this chunk, and goes on.
    package var malformedChunk: ChunkPosition?
    /// Sends one event of exactly this many bytes as the first chunk (at least the event's empty frame).
    package var hugeEventBytes: Int?
    /// Sends an HTML page in place of the answer, with `status` or 200.
    package var sendsHTML = false
    /// What is done with a trailing assistant message, in place of the behaviour's way.
    package var prefill: Prefill?
    /// How an answer that is to be checked is spoilt.
    package var wrong: WrongAnswer?
    /// Refuses a request that carries a schema.
    package var refusesSchema = false
    /// The content type, in place of the true one.
    package var contentType: String?
    /// Answers a streaming request with one JSON completion.
    package var sendsWholeJSON = false
    /// Leaves out `[DONE]` or `message_stop`.
    package var omitsDone = false
    /// Leaves the body open after the protocol's end.
    package var leavesBodyOpen = false
    /// Sends `connection: close` and closes after the answer.
    package var closesConnection = false

    package init() {}

    /// The faults in what the model's server produces, without those of the connection to the client.
    var ofServer: MockFault {
        var fault = self
        fault.silence = nil
        fault.dropsConnection = false
        fault.resetsConnection = false
        fault.cutBytes = nil
        fault.resetBytes = nil
        fault.cutChunk = nil
        fault.cutsBeforeUsage = false
        fault.endChunk = nil
        return fault
    }
}

/// A place in an answer, counted in content chunks of all its choices.
package enum ChunkPosition: Sendable, Hashable {
    /// Before the chunk at this index, from 0; past the end, before the last finish reason.
    case index(Int)
    /// Half way, rounded down.
    case middle

    /// The index in an answer of `total` chunks.
    func index(in total: Int) -> Int {
        switch self {
        case .index(let index): min(index, total)
        case .middle: total / 2
        }
    }
}

/// Where the mock stops sending while the connection stays open.
package enum Silence: Sendable, Hashable {
    /// Before the response's head.
    case beforeHeaders
    /// After the opening events, before this chunk.
    case beforeChunk(ChunkPosition)
}
