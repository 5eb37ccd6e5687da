public import Foundation
public import ServerSentEvents

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
    /// The HTTP status of the response that carried the error.
    public var httpStatus: Int?
    /// The provider's code or type, such as `insufficient_quota`; of an answer that is not taken, the sort of it.
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

    /// The code of a request that a server did not look at, as it has enough of them.
    package static let refusedStreamCode = "refused_stream"

    /// The code of an answer that ended with `[DONE]` and without a finish reason.
    package static let withoutFinishReasonCode = "no_finish_reason"

    /// The error of such an answer.
    package static let withoutFinishReason = LLMError(
        .cut,
        "the stream ended with [DONE] but without a finish reason; for a server that never sends one, set "
            + "omits_finish_reason of its provider in the configuration",
        code: withoutFinishReasonCode)
}

/// What went wrong, in the words that tables and messages use (Contract, "Error kinds").
public enum ErrorKind: String, Sendable, Hashable, CaseIterable {
    /// The server's name has no address.
    case dns
    /// There is no connection, or it ended before a response began.
    case connect
    /// The server's certificate is not its own, or not one that is trusted.
    case tls
    /// The proxy refuses, or is not a proxy.
    case proxy
    /// No connection stood in time.
    case timeoutConnect = "timeout_connect"
    /// No content came in time.
    case timeoutFirstToken = "timeout_first_token"
    /// No byte came in time, after the first content.
    case timeoutIdle = "timeout_idle"
    /// Bytes came, but nothing of an answer in time.
    case timeoutStall = "timeout_stall"
    /// The answer was not whole in time.
    case timeoutJob = "timeout_job"
    /// The stream ended before the answer did.
    case cut
    /// The key is not accepted.
    case auth
    /// The account has no money left.
    case quota
    /// The key may not do this.
    case permission
    /// There is no such model, or no such place.
    case notFound = "not_found"
    /// More was asked for than the provider allows in a time.
    case rateLimit = "rate_limit"
    /// The provider has too much to do.
    case overloaded
    /// Something is wrong at the provider.
    case server
    /// The request is not one that the provider understands.
    case invalidRequest = "invalid_request"
    /// The request, or what would answer it, is not allowed by the provider's rules.
    case contentPolicy = "content_policy"
    /// The conversation is too long for the model.
    case contextLength = "context_length"
    /// What came is not what the protocol says.
    case decode
    /// One event is over the limit of its size.
    case oversizedEvent = "oversized_event"
    /// The answer is over the limit of its size.
    case oversizedCompletion = "oversized_completion"
    /// The server sends the request elsewhere, where the key must not go.
    case redirect
    /// The provider was out for too long (of runs only).
    case outage
    /// The answer is not what its check asks for.
    case invalidAnswer = "invalid_answer"
    /// The program that checks answers did not judge this one in time (of runs only).
    case timeoutCheck = "timeout_check"
    /// The model wrote one piece over and over, and was stopped.
    case repetition
    /// Whoever asked does not want the answer any more.
    case cancelled

    /// Whether the same request may succeed later.
    public var isRetryable: Bool {
        switch self {
        case .dns, .connect, .proxy, .timeoutConnect, .timeoutFirstToken, .timeoutIdle, .timeoutStall, .cut, .rateLimit,
            .overloaded, .server, .decode, .outage:
            true
        case .tls, .timeoutJob, .auth, .quota, .permission, .notFound, .invalidRequest, .contentPolicy, .contextLength,
            .oversizedEvent, .oversizedCompletion, .redirect, .invalidAnswer, .timeoutCheck, .repetition, .cancelled:
            false
        }
    }
}

// What a program shows as `localizedDescription` is the sentence, not the name of a type and a number.

extension LLMError: LocalizedError {
    /// Kind and message in a line: `description`.
    public var errorDescription: String? { description }
}

extension ConfigurationError: LocalizedError {
    /// What is wrong and what to do about it: `description`.
    public var errorDescription: String? { description }
}

extension SSEError: LocalizedError {
    /// What happened: `description`.
    public var errorDescription: String? { description }
}
