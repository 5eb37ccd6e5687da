import LLMStreaming
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// From the errors of NIO and BoringSSL to ours: the only place that knows them.
enum ConnectionFailure {
    /// Why a certificate was not accepted, found where the certificate could still be looked at.
    struct RejectedCertificate: Error {
        let reason: String
    }

    /// The error of a connection that could not be made.
    static func error(_ error: any Error, origin: Origin) -> LLMError {
        let name = origin.endpointName
        switch error {
        case let error as LLMError: return error
        case let error as NIOConnectionError:
            if let failure = error.connectionErrors.last { return self.error(failure.error, origin: origin) }
            return LLMError(.dns, "the name \(origin.host) could not be resolved")
        case is SocketAddressError: return LLMError(.dns, "the name \(origin.host) could not be resolved")
        case ChannelError.connectTimeout(let time):
            return LLMError(.timeoutConnect, "no connection to \(name) within \(time.text)")
        case let error as IOError:
            return LLMError(.connect, "no connection to \(name): \(POSIX.reason(error.errnoCode))")
        case let rejected as RejectedCertificate:
            return LLMError(.tls, "the certificate of \(name) is not accepted: \(rejected.reason)")
        case is NIOSSLExtraError: return otherHost(origin)
        case NIOSSLError.handshakeFailed(let failure) where failure.isEndOfStream:
            return LLMError(.connect, "\(name) closed the connection during the TLS handshake")
        case is NIOSSLError, is BoringSSLError:
            return LLMError(.tls, "TLS with \(name) failed: \(explanation(of: String(describing: error)))")
        case ChannelError.eof, ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed:
            return LLMError(.connect, "\(name) closed the connection while it was being set up")
        default: return LLMError(.connect, "no connection to \(name): \(error)")
        }
    }

    /// The error of a proxy that could not be reached; one of ours is of something else.
    static func error(_ error: any Error, proxy: HTTPProxy) -> LLMError {
        if let error = error as? LLMError { return error }
        let known = self.error(error, origin: proxy.origin)
        return known.kind == .timeoutConnect ? known : LLMError(.proxy, "\(proxy): \(known.message)")
    }

    /// The error of a certificate that names another host.
    static func otherHost(_ origin: Origin) -> LLMError {
        LLMError(
            .tls,
            "the certificate of \(origin.endpointName) is not accepted: it was issued for another host "
                + "(host name mismatch)")
    }

    /// The error of a set-up as our handler saw it, with the reason why a certificate was refused.
    ///
    /// BoringSSL says only that the verification failed; the certificate, still at hand here, tells the usual causes.
    static func reason(of error: any Error, in context: ChannelHandlerContext) -> any Error {
        guard case NIOSSLError.handshakeFailed = error, "\(error)".contains("CERTIFICATE_VERIFY_FAILED") else {
            return error
        }
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        let now = Int(POSIX.unixSeconds())
        switch handler?.peerCertificate {
        case let certificate? where certificate.notValidAfter < now:
            return RejectedCertificate(reason: "it has expired")
        case let certificate? where certificate.notValidBefore > now:
            return RejectedCertificate(reason: "it is not valid yet")
        case _?: return RejectedCertificate(reason: "its issuer is not trusted (unknown authority)")
        case nil: return RejectedCertificate(reason: "it cannot be verified")
        }
    }

    private static func explanation(of text: String) -> String {
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "the server does not speak TLS on this port"
        }
        return text
    }
}

extension ConnectionLoss {
    /// The loss that an error in mid-connection means; nil where it says no more than that the connection ended.
    init?(_ error: any Error) {
        switch error {
        case let error as IOError: self = .broken(POSIX.reason(error.errnoCode))
        case let error as HTTPParserError: self = .malformed(error.debugDescription)
        case NIOSSLError.uncleanShutdown: return nil
        case is NIOSSLError, is BoringSSLError: self = .broken("TLS: \(error)")
        default: return nil
        }
    }
}

extension BoringSSLError {
    /// Whether the other side just went away.
    fileprivate var isEndOfStream: Bool {
        switch self {
        case .sslError(let stack): stack.contains(.eofDuringHandshake)
        default: false
        }
    }
}
