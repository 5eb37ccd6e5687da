import LLMStreaming

/// What a handler makes of a stream that is fed to it in pieces.
struct StreamRun {
    private(set) var handler: StreamingResponseHandler
    private(set) var chunks: [StreamedChunk] = []
    /// What ended the stream before its completion.
    private(set) var error: LLMError?
    private(set) var completion: Completion?

    /// A run before its first byte.
    init(_ provider: Provider, choices: Int = 1, limits: StreamingResponseHandler.Limits = .init()) {
        handler = StreamingResponseHandler(provider: provider, choices: choices, limits: limits)
    }

    /// The run of a whole stream.
    init(_ bytes: some Sequence<UInt8>, _ provider: Provider, choices: Int = 1) {
        self.init(provider, choices: choices)
        receive(Array(bytes)[...])
        end()
    }

    mutating func receive(_ piece: ArraySlice<UInt8>) {
        guard error == nil else { return }
        do { try handler.receive(piece.span, into: &chunks) } catch { self.error = error }
    }

    mutating func end(isOrderly: Bool = true) {
        guard error == nil else { return }
        do {
            try handler.receiveEnd(isOrderly: isOrderly, into: &chunks)
            completion = try handler.completion()
        } catch { self.error = error }
    }

    /// The run as if the stream ended here.
    var ended: StreamRun {
        var run = self
        run.end()
        return run
    }

    func text(_ kind: StreamedChunk.Kind, choice: Int = 0) -> String {
        chunks.filter { $0.kind == kind && $0.choice == choice }.map(\.text).joined()
    }

    func texts(_ kind: StreamedChunk.Kind) -> [String] { chunks.filter { $0.kind == kind }.map(\.text) }
}

extension Provider {
    /// Providers of the dialects, as the catalog has them.
    static let openAI = named("openai")
    static let anthropic = named("anthropic")
    /// OpenAI as a configuration may have it: spoken to in Responses.
    static let responses = {
        var provider = openAI
        provider.dialect = .openAIResponses
        return provider
    }()

    static func named(_ name: String) -> Provider {
        guard let provider = ProviderCatalog()[name] else { preconditionFailure("no provider '\(name)'") }
        return provider
    }
}
