/// Why an answer did not come: a closed kind, and what the other side said.
///
/// No secret and no prompt is in it.
///
/// ```swift
/// do {
///     print(try await client.streamComplete(conversation).content)
/// } catch where error.isRetryable {
///     print("again, after \(error.retryAfter ?? .seconds(1))")
/// } catch {
///     print("no answer: \(error.kind.rawValue), \(error.message)")
/// }
/// ```
public struct LLMError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong.
    public var kind: ErrorKind
    /// What happened, for a reader.
    public var message: String
    /// The HTTP status of the answer that carried the error.
    public var httpStatus: Int?
    /// The provider's code or type, such as `insufficient_quota`.
    public var code: String?
    /// How long the provider asks to wait before a retry.
    public var retryAfter: Duration?
    /// What `x-should-retry` said.
    public var shouldRetry: Bool?
    /// The provider's name of the request, to ask its support about.
    public var requestID: String?

    /// An error.
    public init(
        _ kind: ErrorKind, _ message: String, httpStatus: Int? = nil, code: String? = nil, retryAfter: Duration? = nil,
        shouldRetry: Bool? = nil, requestID: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.httpStatus = httpStatus
        self.code = code
        self.retryAfter = retryAfter
        self.shouldRetry = shouldRetry
        self.requestID = requestID
    }

    /// Whether the same request may succeed later; the provider's own word wins.
    public var isRetryable: Bool { shouldRetry ?? kind.isRetryable }

    /// Kind and message in a line.
    public var description: String { "\(kind.rawValue): \(message)" }

    /// The code of an answer that ended with `[DONE]` and without a finish reason.
    package static let withoutFinishReasonCode = "no_finish_reason"

    /// The error of such an answer.
    package static let withoutFinishReason = LLMError(
        .cut,
        "the stream ended with [DONE] but without a finish reason; for a server that never sends one, set "
            + "omits_finish_reason of its provider in the configuration",
        code: withoutFinishReasonCode)
}
