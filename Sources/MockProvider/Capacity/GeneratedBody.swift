import NIOHTTP1

/// What the body of an answer waits for at a server of limited capacity.
struct GeneratedBody: Sendable {
    let ticket: CapacityTicket
    /// Tokens of the whole answer.
    let tokens: Int
    /// Chunks of the whole answer.
    let chunks: Int
    /// Makes the body, once it is known how many prompt tokens the cache had.
    let make: @Sendable (_ cachedTokens: Int) -> ResponseBody

    /// The tokens that must be there before so many chunks can be sent; all of them for a body without chunks.
    ///
    /// Chunks of tool calls and of several choices have not all the same number of tokens; here they are taken for equal.
    func tokens(forChunks sent: Int?) -> Int {
        guard let sent, sent < chunks else { return tokens }
        return (tokens * sent + chunks - 1) / chunks
    }
}

extension Response {
    /// The same response with a body whose parts wait for their tokens.
    ///
    /// Nothing of the answer is sent before its first token, as vLLM does; the head is.
    ///
    /// - Parameters:
    ///   - answer: What the body says.
    ///   - make: Makes the response of the answer with its cached tokens; status and headers are those of this one.
    func paced(
        by ticket: CapacityTicket, _ answer: Answer, make: @escaping @Sendable (Answer) -> Response
    ) -> Response {
        var response = self
        // The number of cached tokens, which is not known yet, changes the length.
        response.headers.remove(name: "content-length")
        response.generated = GeneratedBody(
            ticket: ticket, tokens: answer.completionTokens, chunks: answer.chunkCount
        ) { cachedTokens in
            var answer = answer
            answer.cachedPromptTokens = cachedTokens
            return make(answer).body
        }
        return response
    }
}
