public import LLMStreaming

/// How a batch is run.
///
/// ```swift
/// var options = BatchOptions()
/// options.model = "openai/gpt-6-luna"
/// options.concurrency = 200
/// options.timeouts.firstToken = .seconds(120)
/// let batch = BatchRunner(database: "answers.db", options: options)
/// ```
public struct BatchOptions: Sendable {
    /// The model of lines that name none, as `provider/model`.
    public var model: String?
    /// The most streams open at once; each is an open file.
    public var concurrency = 64
    /// The most attempts of a job that count; those that a rate limit refuses do not.
    public var maximumAttempts = 5
    /// How long streams may be silent.
    public var timeouts = StreamTimeouts()
    /// How long a provider that is down is waited for before it gets no more requests.
    public var outageTimeout: Duration = .seconds(900)
    /// A file of PEM certificates to trust beside those of the system.
    public var caFile: String?
    /// A file of the PEM certificates, our own first, that servers are shown which want one.
    public var clientCertificate: String?
    /// The file of that certificate's key in PEM; nil where the certificate's own holds it.
    public var clientKey: String?

    /// The defaults of the command line.
    public init() {}
}
