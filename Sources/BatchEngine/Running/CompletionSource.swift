package import LLMStreaming

/// Where answers come from: the network in a run, a script in a simulation.
package protocol CompletionSource: Sendable {
    associatedtype Attempt: CompletionAttempt

    /// Makes one request ready to be sent, with who takes the chunks of its answer. It is the attempt's alone.
    func attempt(_ request: consuming ProviderRequest, to endpoint: Endpoint, receiver: any ChunkReceiver) -> Attempt
}

/// One request that is ready to be sent.
package protocol CompletionAttempt: AnyObject, Sendable {
    /// Sends it and waits until its stream ended, one way or the other. To be called once.
    ///
    /// Cancelling the task closes the connection; the result is then of kind `cancelled`, with what came until then.
    /// No other stream ends so.
    func end() async -> StreamEnd
}
