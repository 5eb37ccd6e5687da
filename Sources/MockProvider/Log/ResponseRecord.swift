/// What was sent for a request, and what a provider would bill for it.
package struct ResponseRecord: Sendable, Hashable {
    /// How a response came to its end.
    package enum Ending: String, Sendable, Hashable {
        case complete
        case cut
        case reset
        /// The client closed the connection first; also where the response was silent or its body left open.
        case closedByClient = "closed_by_client"
        /// The connection was closed without a response.
        case dropped
    }

    /// The status; nil where there was no head.
    package let status: Int?
    package let ending: Ending
    /// The answer's id; nil of an error.
    package let responseID: String?
    /// The bytes of the body that were handed to the socket; the client may have received fewer if the connection closed.
    package let body: [UInt8]
    /// The text of the first choice in the events that were sent whole, apart from a blank line; of a replay, with what is
    /// before it.
    package let text: String
    /// The tokens of the prompt that are billed.
    package let billedPromptTokens: Int
    /// The output tokens that are billed, reasoning included.
    ///
    /// The sum over all requests is what was paid: a run that goes on without its client is billed whole where its
    /// response ends, and a request that cancels it has the rest with a minus sign.
    package let billedOutputTokens: Int

    /// The record of a request without a response.
    static func none(_ ending: Ending) -> ResponseRecord {
        ResponseRecord(
            status: nil, ending: ending, responseID: nil, body: [], text: "", billedPromptTokens: 0,
            billedOutputTokens: 0)
    }
}

/// What a response is billed by: the answer in it, and which of its tokens the provider bills.
struct ResponseAccount: Sendable {
    /// Which output tokens are billed.
    enum Bill: Sendable {
        case nothing
        /// Those generated until the response ended.
        case generated
        /// Those of a run that goes on without its client until it is cancelled.
        case run(StoredRun)
    }

    /// The response's id in its dialect's form.
    var responseID: String?
    /// The answer; nil for an error.
    var answer: Answer?
    var bill = Bill.nothing
    /// Tokens that were billed before and are given back, because this request cancelled a run.
    var refundedTokens = 0

    /// The record of a response that has ended.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - ending: How the response ended.
    ///   - body: The bytes that were handed to the socket.
    ///   - chunksSent: Chunks whose events were sent whole.
    ///   - chunksGenerated: Chunks that were generated for this response, sent or not.
    func record(
        status: Int, ending: ResponseRecord.Ending, body: [UInt8], chunksSent: Int, chunksGenerated: Int
    ) -> ResponseRecord {
        let billed =
            switch bill {
            case .nothing: 0
            case .generated: answer?.progress(chunks: chunksGenerated).tokens ?? 0
            case .run(let run): run.billTokens()
            }
        let isBilled = if case .nothing = bill { false } else { true }
        return ResponseRecord(
            status: status, ending: ending, responseID: responseID, body: body,
            text: answer?.progress(chunks: chunksSent).text ?? "",
            billedPromptTokens: isBilled ? answer?.promptTokens ?? 0 : 0, billedOutputTokens: billed - refundedTokens)
    }
}
