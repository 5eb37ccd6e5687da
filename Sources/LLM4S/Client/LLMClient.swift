public import LLMStreaming

/// Streams a model's answers.
///
/// A value that can be copied and used from any task; all clients share their connections.
public struct LLMClient: Sendable {
    /// Where requests go.
    public let endpoint: Endpoint
    /// The model, as the provider calls it.
    public let model: String
    private let transport: StreamingTransport

    /// A client for a model of an endpoint.
    public init(endpoint: Endpoint, model: String) {
        self.init(endpoint: endpoint, model: model, transport: Self.sharedTransport)
    }

    /// A client with connections of its own.
    package init(endpoint: Endpoint, model: String, transport: StreamingTransport) {
        self.endpoint = endpoint
        self.model = model
        self.transport = transport
    }

    /// Asks the model to go on with a conversation and waits for the whole answer.
    ///
    /// Cancelling the task closes the connection.
    /// - Parameters:
    ///   - conversation: the messages, oldest first.
    ///   - options: sampling, length, tools.
    ///   - onChunk: called for every piece as it arrives, in order, on a thread that reads other streams too: it must
    ///     not block.
    /// - Throws: why there is no whole answer; one that broke off is kind `cut`, never a completion.
    public func streamComplete(
        _ conversation: Conversation, options: CompletionOptions = CompletionOptions(),
        onChunk: @escaping @Sendable (StreamedChunk) -> Void = { _ in }
    ) async throws(LLMError) -> Completion {
        let result = await answer(try request(conversation, options), receiver: ChunkCallback(onChunk))
        switch result.outcome {
        case .completed(let completion): return completion
        case .failed(let error): throw error
        }
    }

    /// The pieces of a model's answer as they arrive.
    ///
    /// The request is sent when the first piece is asked for, by each iteration anew. A reader that is slower than the
    /// model makes the connection wait. Cancelling the task that reads, or ending its loop early, closes the
    /// connection.
    public func stream(
        _ conversation: Conversation, options: CompletionOptions = CompletionOptions()
    ) -> ChunkStream {
        ChunkStream(client: self, conversation: conversation, options: options)
    }

    /// The request that a conversation means.
    func request(_ conversation: Conversation, _ options: CompletionOptions) throws(LLMError) -> ProviderRequest {
        try RequestEncoder.encode(
            .conversation(conversation, options, extraBody: JSONObject()), model: model, provider: endpoint.provider)
    }

    /// Streams one answer; a connection that the server had closed meanwhile is not the caller's matter.
    func answer(_ request: ProviderRequest, receiver: any ChunkReceiver) async -> StreamResult {
        var result = await transport.stream(request, to: endpoint, receiver: receiver)
        // Each repetition uses up one idle connection, so it ends.
        while result.isStaleConnection, !Task.isCancelled {
            result = await transport.stream(request, to: endpoint, receiver: receiver)
        }
        return result
    }

    private static let sharedTransport: StreamingTransport = {
        var configuration = TransportConfiguration()
        configuration.proxies = ProxySettings(environment: POSIX.environment)
        return StreamingTransport(configuration: configuration)
    }()
}
