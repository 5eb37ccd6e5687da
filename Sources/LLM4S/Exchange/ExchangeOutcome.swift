import LLMStreaming
import NIOCore

/// How one exchange, a request and its response, ended: its attempt ends with it, or goes on with another request.
///
/// Indirect, since every stream keeps the room for its end.
indirect enum ExchangeOutcome: Sendable {
    case ended(StreamResult.Outcome)
    /// The request is to be sent again to another path of the same origin.
    case redirected(path: String)

    /// Whether the server may be trusted to end the body soon, and in order.
    var leavesConnectionInOrder: Bool {
        switch self {
        case .ended(.completed), .redirected: true
        case .ended(.failed(let error)):
            switch error.kind {
            case .decode, .oversizedEvent, .oversizedCompletion, .invalidAnswer, .repetition, .cancelled,
                .timeoutFirstToken, .timeoutIdle, .timeoutStall, .timeoutJob, .timeoutCheck:
                false
            default: true
            }
        }
    }
}

/// How the use of a leased connection ended: with what came over it, or with nothing of it done.
enum LeaseEnd: Sendable {
    /// The attempt has ended.
    case result(StreamResult)
    /// The request is to be sent again to another path of the same origin.
    case redirected(path: String)
    /// The connection had closed before the request was written: nothing was sent.
    case unusable
    /// The server says that it did not look at the request, or the connection took no more: with how the attempt ends if
    /// that goes on.
    case unprocessed(StreamResult)
}

/// How a connection ended under a stream.
enum ConnectionLoss: Sendable, Equatable {
    /// The other side closed it in order, perhaps too early.
    case closed
    /// It broke, with the system's reason, such as a reset.
    case broken(String)
    /// The other side refused our part of TLS.
    case refused(TLSFault)
    /// The other side sent something that is no HTTP/1.1.
    case malformed(String)
    /// The other side broke the rules of HTTP/2 for this stream; the connection stands.
    case malformedStream(String)
    /// The other side wants HTTP/1.1 in place of HTTP/2.
    case wantsHTTP1
    /// The other side ended this stream only, since it is asked for too much.
    case busy(String)
}

/// What is said of an exchange that has no whole answer, beside what its provider says itself.
extension LLMError {
    /// A connection that ended before a response began.
    static func unanswered(_ loss: ConnectionLoss, by origin: Origin) -> LLMError {
        let name = origin.endpointName
        return switch loss {
        case .closed: LLMError(.connect, "\(name) closed the connection before it answered")
        case .broken(let reason):
            LLMError(.connect, "the connection to \(name) broke before an answer came: \(reason)")
        case .refused(let fault): LLMError(.tls, fault.words(name))
        case .malformed(let reason): LLMError(.decode, "\(name) does not answer in HTTP/1.1: \(reason)")
        case .malformedStream(let reason): LLMError(.decode, "\(name) sent broken HTTP: \(reason)")
        case .wantsHTTP1: LLMError(.decode, "\(name) does not answer in HTTP/2: \(wantsHTTP1)")
        case .busy(let reason):
            LLMError(
                .overloaded, "\(name) takes no more requests now: \(reason)", code: LLMError.refusedStreamCode)
        }
    }

    /// What a server says that answers nothing in HTTP/2.
    private static let wantsHTTP1 = "it wants HTTP/1.1 (HTTP_1_1_REQUIRED)"

    /// A stream that ended before its answer was whole.
    ///
    /// - Parameters:
    ///   - loss: how it ended.
    ///   - origin: where it came from.
    ///   - beginning: how all that came begins, where nothing of an answer is in it.
    static func cut(_ loss: ConnectionLoss, by origin: Origin, beginning: String?) -> LLMError {
        let name = origin.endpointName
        switch loss {
        case .closed:
            let words = beginning.map { "; all it sent begins with: \($0)" } ?? ""
            return LLMError(.cut, "\(name) ended the stream before the answer was whole\(words)")
        case .broken(let reason), .busy(let reason):
            return LLMError(.cut, "the stream from \(name) broke: \(reason)")
        case .refused(let fault): return LLMError(.cut, "the stream from \(name) broke: \(fault.reason)")
        case .malformed(let reason), .malformedStream(let reason):
            return LLMError(.decode, "\(name) sent broken HTTP: \(reason)")
        case .wantsHTTP1: return LLMError(.cut, "the stream from \(name) broke: \(wantsHTTP1)")
        }
    }

    /// A clock that ran out; nil for the one after which nothing more than the end was awaited.
    static func expired(_ clock: StreamClock, at origin: Origin) -> LLMError? {
        let (name, time) = (origin.endpointName, clock.limit.text)
        return switch clock.cause {
        case .firstToken: LLMError(.timeoutFirstToken, "no content from \(name) for \(time)")
        case .idle: LLMError(.timeoutIdle, "no byte from \(name) for \(time)")
        case .stall:
            LLMError(.timeoutStall, "bytes from \(name), but nothing of an answer among them for \(time)")
        case .job: LLMError(.timeoutJob, "the answer from \(name) is not whole after \(time)")
        case .closing: nil
        }
    }

    /// A body in a coding that the request did not ask for; the next one would be so too, and cost as much.
    static func compressed(_ coding: String, by origin: Origin) -> LLMError {
        LLMError(
            .decode,
            "\(origin.endpointName) sent a body that is compressed (content-encoding: \(coding)), although the request "
                + "says accept-encoding: identity; see what compresses on the way, or whether headers in the "
                + "configuration ask for it", shouldRetry: false)
    }

    /// A request that was given up while it was under way.
    static func cancelled(at origin: Origin) -> LLMError {
        LLMError(.cancelled, "the request to \(origin.endpointName) was cancelled")
    }

    /// A request that was given up before anything was sent.
    static func cancelled(before origin: Origin) -> LLMError {
        LLMError(.cancelled, "the request to \(origin.endpointName) was cancelled before it was sent")
    }

    /// A request that was sent elsewhere again and again.
    static func tooManyRedirects(at origin: Origin) -> LLMError {
        LLMError(.redirect, "\(origin.endpointName) redirected more than \(Redirect.maximumCount) times")
    }
}
