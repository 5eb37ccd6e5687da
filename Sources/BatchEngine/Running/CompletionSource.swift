package import LLMStreaming

/// Where answers come from: the network in a run, a script in a simulation.
package protocol CompletionSource: Sendable {
    /// Sends one request and passes the chunks of its answer on until it ended, one way or the other.
    ///
    /// Cancelling the task closes the connection; the result is then of kind `cancelled`, with what came until then.
    /// No other stream ends so. The request is the source's alone, which drops it once it is sent.
    func stream(_ request: consuming ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver) async
        -> StreamResult
}
