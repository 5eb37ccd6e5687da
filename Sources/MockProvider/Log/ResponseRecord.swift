/// What was really sent for a request, and what a provider would bill for it.
package struct ResponseRecord: Sendable, Hashable {
    /// How a response came to its end.
    package enum Ending: String, Sendable, Hashable {
        case complete
        case cut
        case reset
        /// The client closed the connection first; also where the response was silent or its body left open.
        case closedByClient = "closed_by_client"
        /// The connection was closed without an answer.
        case dropped
    }

    /// The status; nil where there was no head.
    package let status: Int?
    package let ending: Ending
    /// The answer's id; nil of an error.
    package let responseID: String?
    /// The bytes of the body that were handed to the socket; of a closed connection the client may have got fewer.
    package let body: [UInt8]
    /// The text of the first choice as far as its events were sent whole, but for a blank line; of a replay also what lies before it.
    package let text: String
    /// The tokens of the prompt that are billed.
    package let billedPromptTokens: Int
    /// The output tokens that are billed, reasoning included.
    ///
    /// The sum over all requests is what was paid: a run that goes on without its client is billed whole where its
    /// response ends, and a request that cancels it has the rest with a minus.
    package let billedOutputTokens: Int

    /// The record of a request that got no answer.
    static func none(_ ending: Ending) -> ResponseRecord {
        ResponseRecord(
            status: nil, ending: ending, responseID: nil, body: [], text: "", billedPromptTokens: 0,
            billedOutputTokens: 0)
    }
}
