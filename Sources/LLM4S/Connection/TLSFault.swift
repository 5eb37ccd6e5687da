import NIOCore
import NIOSSL

/// Why TLS with a server did not come about, in words for its user: what BoringSSL says is for its developers.
enum TLSFault: Error, Sendable, Equatable {
    case expired
    case notYetValid
    case selfSigned
    case unknownAuthority
    case otherHost
    case unverifiable
    case noTLS
    case http2Only
    case wantsClientCertificate
    case refusesClientCertificate
    case oldProtocol
    case unknownName
    case refusesHandshake
    case broken

    /// What BoringSSL's errors mean, by the names that it gives its reasons.
    private static let reasons: [(name: String, fault: TLSFault)] = [
        ("WRONG_VERSION_NUMBER", .noTLS), ("HTTP_REQUEST", .noTLS), ("HTTPS_PROXY_REQUEST", .noTLS),
        ("UNEXPECTED_RECORD", .noTLS), ("INVALID_SSL_RECORD", .noTLS), ("UNKNOWN_PROTOCOL", .noTLS),
        ("ENCRYPTED_LENGTH_TOO_LONG", .noTLS), ("DATA_LENGTH_TOO_LONG", .noTLS),
        ("NO_APPLICATION_PROTOCOL", .http2Only), ("CERTIFICATE_REQUIRED", .wantsClientCertificate),
        ("UNKNOWN_CA", .refusesClientCertificate), ("ALERT_BAD_CERTIFICATE", .refusesClientCertificate),
        ("ALERT_UNSUPPORTED_CERTIFICATE", .refusesClientCertificate),
        ("ALERT_CERTIFICATE", .refusesClientCertificate), ("ALERT_NO_CERTIFICATE", .wantsClientCertificate),
        ("ACCESS_DENIED", .refusesClientCertificate), ("UNRECOGNIZED_NAME", .unknownName),
        ("PROTOCOL_VERSION", .oldProtocol), ("UNSUPPORTED_PROTOCOL", .oldProtocol),
        ("VERSION_TOO_LOW", .oldProtocol), ("HANDSHAKE_FAILURE", .refusesHandshake),
        ("INSUFFICIENT_SECURITY", .refusesHandshake), ("ALERT_ILLEGAL_PARAMETER", .refusesHandshake),
        ("ALERT_INTERNAL_ERROR", .refusesHandshake),
    ]

    /// What an error of NIOSSL means.
    ///
    /// - Parameter hasCertificate: whether we show a certificate: who has none is not refused for it.
    init(_ error: any Error, hasCertificate: Bool) {
        let text = "\(error)"
        self = Self.reasons.first { text.contains($0.name) }?.fault ?? .broken
        if self == .refusesClientCertificate, !hasCertificate { self = .wantsClientCertificate }
    }

    /// Whether a certificate of the server's was not accepted.
    var isOfCertificate: Bool {
        switch self {
        case .expired, .notYetValid, .selfSigned, .unknownAuthority, .otherHost, .unverifiable: true
        default: false
        }
    }

    /// What happened, of a server of that name.
    func words(_ name: String) -> String {
        isOfCertificate ? "the certificate of \(name) is not accepted: \(reason)" : "no TLS with \(name): \(reason)"
    }

    /// What happened, without its place.
    var reason: String {
        switch self {
        case .expired: "it has expired"
        case .notYetValid: "it is not valid yet"
        case .selfSigned: "it is self-signed (unknown authority)"
        case .unknownAuthority: "its issuer is not trusted (unknown authority)"
        case .otherHost: "it was issued for another host (host name mismatch)"
        case .unverifiable: "it cannot be verified"
        case .noTLS: "the server does not speak TLS on this port"
        case .http2Only: "the server speaks HTTP/2 only"
        case .wantsClientCertificate: "the server wants a client certificate"
        case .refusesClientCertificate: "the server does not accept our client certificate"
        case .oldProtocol: "the server speaks no TLS of version 1.2 or later"
        case .unknownName: "the server does not know this host name"
        case .refusesHandshake: "the server refuses the handshake (it may want a client certificate)"
        case .broken: "what the server sent cannot be read"
        }
    }
}

extension TLSFault {
    /// Why a certificate was not accepted: BoringSSL says only that the verification failed, but it is still at hand.
    init(rejected certificate: NIOSSLCertificate?, unixSeconds: Int) {
        guard let certificate else {
            self = .unverifiable
            return
        }
        if certificate.notValidAfter < unixSeconds {
            self = .expired
        } else if certificate.notValidBefore > unixSeconds {
            self = .notYetValid
        } else {
            let names = (try? certificate.toDERBytes()).flatMap(CertificateIssuer.names)
            self = names.map { $0.issuer == $0.subject } == true ? .selfSigned : .unknownAuthority
        }
    }
}
