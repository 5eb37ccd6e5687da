/// What a response is counted by: the answer in it, and which tokens its provider bills for it.
struct ResponseAccount: Sendable {
    /// Which output tokens are billed.
    enum Bill: Sendable {
        case nothing
        /// Those that were generated until the response ended.
        case generated
        /// Those of a run that goes on without its client, until it is cancelled.
        case run(StoredRun)
    }

    /// The response's id in its dialect's form.
    var responseID: String?
    /// The answer; nil of an error.
    var answer: Answer?
    var bill = Bill.nothing
    /// Tokens that were billed before and are given back, because this request gave a run up.
    var refundedTokens = 0

    /// The record of a response that has ended.
    ///
    /// - Parameters:
    ///   - chunksSent: Chunks whose events were sent whole.
    ///   - chunksGenerated: Chunks that were made for this response, sent or not.
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
