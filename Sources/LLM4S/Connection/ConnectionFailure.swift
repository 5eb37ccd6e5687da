import LLMStreaming
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SystemCalls

/// From the errors of NIO and BoringSSL to ours: the only place that knows them.
enum ConnectionFailure {
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
        case let fault as TLSFault: return LLMError(.tls, fault.words(name))
        case is NIOSSLExtraError: return otherHost(origin)
        case NIOSSLError.handshakeFailed(let failure) where failure.isEndOfStream:
            return LLMError(.connect, "\(name) closed the connection during the TLS handshake")
        case is NIOSSLError, is BoringSSLError:
            return LLMError(.tls, TLSFault(error, hasCertificate: false).words(name))
        case ChannelError.eof, ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed:
            return LLMError(.connect, "\(name) closed the connection while it was being set up")
        // Its words are for developers.
        default: return LLMError(.connect, "no connection to \(name), for no reason that is known")
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
        LLMError(.tls, TLSFault.otherHost.words(origin.endpointName))
    }

    /// The error of a set-up as our handler saw it: where a certificate was refused, why.
    ///
    /// - Parameter hasCertificate: whether we show one of our own.
    static func reason(
        of error: any Error, in context: ChannelHandlerContext, hasCertificate: Bool = false
    ) -> any Error {
        switch error {
        case NIOSSLError.handshakeFailed(let failure) where failure.isEndOfStream: return error
        case NIOSSLError.handshakeFailed where "\(error)".contains("CERTIFICATE_VERIFY_FAILED"):
            let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
            return TLSFault(rejected: handler?.peerCertificate, unixSeconds: Int(WallClock.unixSeconds))
        case is NIOSSLError, is BoringSSLError: return TLSFault(error, hasCertificate: hasCertificate)
        default: return error
        }
    }
}

extension ConnectionLoss {
    /// The loss that an error in mid-connection means; nil where it says no more than that the connection ended.
    ///
    /// - Parameter hasCertificate: whether we show one of our own.
    init?(_ error: any Error, hasCertificate: Bool = false) {
        switch error {
        // The other side said nothing of it: probes, or what was sent, stayed without an acknowledgement.
        case let error as IOError where error.errnoCode == POSIX.timedOut: self = .broken(VanishedPeer.reason)
        case let error as IOError: self = .broken(POSIX.reason(error.errnoCode))
        case let foreign as ForeignProtocol: self = .malformed(foreign.reason)
        case let error as HTTPParserError: self = .malformed(error.reason)
        case NIOSSLError.uncleanShutdown: return nil
        case is NIOSSLError, is BoringSSLError:
            // In TLS 1.3 a server refuses us only after the handshake.
            let fault = TLSFault(error, hasCertificate: hasCertificate)
            self = fault == .broken ? .broken("TLS: \(fault.reason)") : .refused(fault)
        default: return nil
        }
    }
}

extension HTTPParserError {
    /// What is wrong with a response, for its user.
    fileprivate var reason: String {
        switch self {
        case .invalidChunkSize: "the size of a chunk is no number"
        case .headerOverflow: "its head is too long"
        case .invalidContentLength, .unexpectedContentLength: "its length is no number, or told twice"
        case .invalidEOFState: "it ended too early"
        case .invalidHeaderToken: "a header field is malformed"
        case .invalidStatus: "its status is no number"
        default: "it is malformed"
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
