import AnswerChecks
public import LLMStreaming
import Synchronization
import SystemCalls

/// Streams a model's answers.
///
/// A value that can be copied and used from any task; all clients share their connections.
///
/// ```swift
/// async let first = client.streamComplete([.user("Why is the sky blue?")])
/// async let second = client.streamComplete([.user("Why is the sea?")])
/// print(try await first.content, try await second.content)
/// ```
public struct LLMClient: Sendable {
    /// Where requests go.
    public let endpoint: Endpoint
    /// The model, as the provider calls it.
    public let model: String
    private let transport: StreamingTransport

    /// A client for a model of an endpoint.
    public init(endpoint: Endpoint, model: String) {
        self.init(endpoint: endpoint, model: model, transport: SharedTransports.usual)
    }

    /// A client with connections of its own.
    package init(endpoint: Endpoint, model: String, transport: StreamingTransport) {
        self.endpoint = endpoint
        self.model = model
        self.transport = transport
    }

    /// Asks the model to go on with a conversation and waits for the whole answer.
    ///
    /// Cancelling the task ends the stream at the server too.
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
        try await streamComplete(conversation, options: options, streaming: StreamingOptions(onChunk: onChunk))
    }

    /// Asks the model to go on with a conversation, tells of the stream as it goes on, and waits for the whole answer.
    ///
    /// `onStart` is called once and first, on the caller's task, before anything is sent. `onChunk` is called for every
    /// piece as it arrives, in order, on a thread that reads other streams too. Then exactly one of `onComplete` and
    /// `onError` is called, on the caller's task, with what this function returns or throws; nothing is called after
    /// it.
    ///
    /// ```swift
    /// let streaming = StreamingOptions.builder()
    ///     .withOnChunk { chunk in print(chunk.content ?? "", terminator: "") }
    ///     .withOnError { error in print("no answer: \(error)") }
    ///     .withReadTimeout(.seconds(30))
    ///     .build()
    /// let answer = try await client.streamComplete([.user("Why is the sky blue?")], streaming: streaming)
    /// ```
    ///
    /// Cancelling the task ends the stream at the server too; the error is then of kind `cancelled`.
    /// - Parameters:
    ///   - conversation: the messages, oldest first.
    ///   - options: sampling, length, tools.
    ///   - streaming: whom to tell, and how long to wait.
    /// - Throws: why there is no whole answer; one that broke off is kind `cut`, never a completion.
    public func streamComplete(
        _ conversation: Conversation, options: CompletionOptions = CompletionOptions(), streaming: StreamingOptions
    ) async throws(LLMError) -> Completion {
        streaming.onStart()
        let outcome = await outcome(of: conversation, options, streaming)
        switch outcome {
        case .completed(let completion):
            streaming.onComplete(completion)
            return completion
        case .failed(let error):
            streaming.onError(error)
            throw error
        }
    }

    private func outcome(
        of conversation: Conversation, _ options: CompletionOptions, _ streaming: StreamingOptions
    ) async -> StreamResult.Outcome {
        do throws(LLMError) {
            let request = try request(conversation, options)
            let receiver = ChunkCallback(streaming.onChunk)
            return await answer(
                request, receiver: receiver, timeouts: streaming.timeouts,
                by: SharedTransports.transport(streaming) ?? transport
            ).outcome
        } catch {
            return .failed(error)
        }
    }

    /// The pieces of a model's answer as they arrive.
    ///
    /// The request is sent when the first piece is asked for, by each iteration anew. A reader that is slower than the
    /// model makes the connection wait. Cancelling the task that reads, or ending its loop early, closes the
    /// connection.
    ///
    /// ```swift
    /// var answer = client.accumulator()
    /// for try await chunk in client.stream([.user("Why is the sky blue?")]) {
    ///     answer.add(chunk)
    ///     print(chunk.content ?? "", terminator: "")
    /// }
    /// let completion = try answer.completion(isComplete: true)  // a loop that does not throw read it all
    /// ```
    /// - Parameters:
    ///   - conversation: the messages, oldest first.
    ///   - options: sampling, length, tools.
    ///   - timeouts: how long to wait for what; no clock runs while the reader is slower than the model.
    public func stream(
        _ conversation: Conversation, options: CompletionOptions = CompletionOptions(),
        timeouts: StreamTimeouts = StreamTimeouts()
    ) -> ChunkStream {
        ChunkStream(client: self, conversation: conversation, options: options, timeouts: timeouts)
    }

    /// An accumulator for the chunks of an answer of this client's.
    ///
    /// - Parameter options: those of the request; they may choose the dialect.
    public func accumulator(options: CompletionOptions = CompletionOptions()) -> StreamingAccumulator {
        let content = RequestContent.conversation(Conversation([]), options, extraBody: JSONObject())
        return StreamingAccumulator(dialect: content.dialect(at: endpoint.provider))
    }

    /// The request that a conversation means.
    func request(_ conversation: Conversation, _ options: CompletionOptions) throws(LLMError) -> ProviderRequest {
        try RequestEncoder.encode(
            .conversation(conversation, options, extraBody: JSONObject()), model: model, provider: endpoint.provider)
    }

    /// Streams one answer; a connection that the server had closed meanwhile is not the caller's matter.
    ///
    /// - Parameter watch: what may close the stream before its end.
    func answer(
        _ request: ProviderRequest, receiver: any ChunkReceiver, timeouts: StreamTimeouts,
        by other: StreamingTransport? = nil, watch: StreamWatch? = nil
    ) async -> StreamResult {
        let transport = other ?? transport
        // Each repetition uses up one idle connection, so it ends; a cancelled one sends nothing and says so.
        while true {
            let attempt = transport.attempt(request, to: endpoint, receiver: receiver, timeouts: timeouts)
            watch?.open { attempt.cancel() }
            let result = await attempt.end().result
            if !result.isStaleConnection { return result }
        }
    }
}

/// Passes each chunk to a function that always has room.
struct ChunkCallback: ChunkReceiver {
    private let onChunk: @Sendable (StreamedChunk) -> Void

    init(_ onChunk: @escaping @Sendable (StreamedChunk) -> Void) { self.onChunk = onChunk }

    func receive(_ chunks: [StreamedChunk], atMicroseconds microseconds: Int64) -> Bool {
        for chunk in chunks { onChunk(chunk) }
        return true
    }

    func whenThereIsRoom(_ resume: @escaping @Sendable () -> Void) { resume() }
}

/// The transports of a process: clients share their connections, but for those that trust others or speak otherwise.
enum SharedTransports {
    private struct Manner: Hashable {
        var caFile: String?
        var isAlone: Bool
        var http: HTTPVersions
    }

    /// Trusts whom the system and SSL_CERT_FILE say.
    static let usual = StreamingTransport(
        configuration: TransportConfiguration(environment: ProcessEnvironment.variables))

    private static let others = Mutex<[Manner: StreamingTransport]>([:])

    /// The transport that trusts whom options name, and speaks as they say; nil where that is as usual.
    ///
    /// It lives as long as the process: programs have one or two files of authorities.
    static func transport(_ options: StreamingOptions) -> StreamingTransport? {
        guard options.caFile != nil || options.trustsCAFileOnly || options.http != .auto else { return nil }
        let manner = Manner(caFile: options.caFile, isAlone: options.trustsCAFileOnly, http: options.http)
        return others.withLock { others in
            if let known = others[manner] { return known }
            var configuration = TransportConfiguration(
                environment: ProcessEnvironment.variables, caFile: options.caFile)
            if options.caFile != nil { configuration.caSource = "caFile" }
            configuration.trustsCAFileOnly = options.trustsCAFileOnly
            configuration.httpVersions = options.http
            configuration.eventLoopThreads = 1
            let made = StreamingTransport(configuration: configuration)
            others[manner] = made
            return made
        }
    }
}
