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
    case noHTTP2
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
        case .noHTTP2: "the server does not speak HTTP/2"
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

/// Issuer and subject of a certificate in DER (RFC 5280, section 4.1): NIOSSL tells neither.
enum CertificateIssuer {
    /// Both as they are encoded; nil where the bytes are no certificate.
    static func names(_ bytes: [UInt8]) -> (issuer: ArraySlice<UInt8>, subject: ArraySlice<UInt8>)? {
        guard let certificate = element(bytes[...]), let signed = element(certificate.content) else { return nil }
        var rest = signed.content
        // The version is tagged, and left out of the oldest ones.
        if rest.first == 0xA0 {
            guard let version = element(rest) else { return nil }
            rest = version.rest
        }
        var parts: [ArraySlice<UInt8>] = []
        // Serial number, algorithm, issuer, validity, subject.
        while parts.count < 5 {
            guard let part = element(rest) else { return nil }
            parts.append(part.content)
            rest = part.rest
        }
        return (parts[2], parts[4])
    }

    /// The content of the element at the beginning, and what follows it.
    private static func element(
        _ bytes: ArraySlice<UInt8>
    ) -> (content: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
        guard bytes.count >= 2 else { return nil }
        var place = bytes.startIndex + 1
        var length = Int(bytes[place])
        place += 1
        if length >= 0x80 {
            let count = length & 0x7F
            guard (1...3).contains(count), bytes.endIndex - place >= count else { return nil }
            length = bytes[place..<place + count].reduce(0) { $0 << 8 | Int($1) }
            place += count
        }
        guard bytes.endIndex - place >= length else { return nil }
        return (bytes[place..<place + length], bytes[(place + length)...])
    }
}
