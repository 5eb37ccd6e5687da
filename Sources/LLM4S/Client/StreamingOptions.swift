public import LLMStreaming

/// Whom to tell of a stream, and how long to wait for it.
///
/// ```swift
/// var streaming = StreamingOptions(onChunk: { chunk in print(chunk.content ?? "", terminator: "") })
/// streaming.onComplete = { answer in print("\n", answer.finishReason) }
/// streaming.timeouts.firstToken = .seconds(60)
/// ```
/// The same, fluently, by ``builder()``. When each function is called is told by
/// ``LLMClient/streamComplete(_:options:streaming:)``; none of them may block.
public struct StreamingOptions: Sendable {
    /// Called once, before the request is sent.
    public var onStart: @Sendable () -> Void
    /// Called for every piece of the answer, in order.
    public var onChunk: @Sendable (StreamedChunk) -> Void
    /// Called once, where there is no whole answer.
    public var onError: @Sendable (LLMError) -> Void
    /// Called once, with the whole answer.
    public var onComplete: @Sendable (Completion) -> Void
    /// How long the stream may take, phase by phase.
    public var timeouts: StreamTimeouts
    /// A file of PEM certificates to trust beside those of the system; what SSL_CERT_FILE names where nil.
    public var caFile: String?
    /// Whether only the certificates of that file are trusted, and none of the system.
    public var trustsCAFileOnly = false
    /// Which versions of HTTP are spoken.
    public var http = HTTPVersions.auto

    /// Options; what is left out is told to nobody, and waits as long as by default.
    public init(
        onStart: @escaping @Sendable () -> Void = {},
        onChunk: @escaping @Sendable (StreamedChunk) -> Void = { _ in },
        onError: @escaping @Sendable (LLMError) -> Void = { _ in },
        onComplete: @escaping @Sendable (Completion) -> Void = { _ in },
        timeouts: StreamTimeouts = StreamTimeouts()
    ) {
        self.onStart = onStart
        self.onChunk = onChunk
        self.onError = onError
        self.onComplete = onComplete
        self.timeouts = timeouts
    }

    /// A builder with the defaults.
    public static func builder() -> Builder { Builder() }
}

extension StreamingOptions {
    /// Makes options step by step; each step gives a new builder.
    ///
    /// ```swift
    /// let streaming = StreamingOptions.builder()
    ///     .withOnChunk { chunk in print(chunk.content ?? "", terminator: "") }
    ///     .withConnectionTimeout(.seconds(5))
    ///     .build()
    /// ```
    public struct Builder: Sendable {
        private var options = StreamingOptions()

        fileprivate init() {}

        /// Calls a function once, before the request is sent.
        public func withOnStart(_ onStart: @escaping @Sendable () -> Void) -> Builder {
            with { $0.onStart = onStart }
        }

        /// Calls a function for every piece of the answer, in order.
        public func withOnChunk(_ onChunk: @escaping @Sendable (StreamedChunk) -> Void) -> Builder {
            with { $0.onChunk = onChunk }
        }

        /// Calls a function once, where there is no whole answer.
        public func withOnError(_ onError: @escaping @Sendable (LLMError) -> Void) -> Builder {
            with { $0.onError = onError }
        }

        /// Calls a function once, with the whole answer.
        public func withOnComplete(_ onComplete: @escaping @Sendable (Completion) -> Void) -> Builder {
            with { $0.onComplete = onComplete }
        }

        /// Waits so long for a connection, TLS included.
        public func withConnectionTimeout(_ time: Duration) -> Builder { with { $0.timeouts.connect = time } }

        /// Waits so long for anything new: the first content, the next byte, the next chunk.
        public func withReadTimeout(_ time: Duration) -> Builder {
            with { options in
                options.timeouts.firstToken = time
                options.timeouts.idle = time
                options.timeouts.stall = time
            }
        }

        /// Waits as these clocks say.
        public func withTimeouts(_ timeouts: StreamTimeouts) -> Builder { with { $0.timeouts = timeouts } }

        /// Trusts the certificates of a PEM file beside those of the system, or only them.
        public func withCAFile(_ path: String, only isAlone: Bool = false) -> Builder {
            with { options in
                options.caFile = path
                options.trustsCAFileOnly = isAlone
            }
        }

        /// Speaks these versions of HTTP.
        public func withHTTP(_ versions: HTTPVersions) -> Builder { with { $0.http = versions } }

        /// The options.
        public func build() -> StreamingOptions { options }

        private func with(_ change: (inout StreamingOptions) -> Void) -> Builder {
            var builder = self
            change(&builder.options)
            return builder
        }
    }
}
