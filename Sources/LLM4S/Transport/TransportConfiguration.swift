package import LLMStreaming
import NIOCore
import NIOSSL
import SystemCalls

/// What a transport is made with.
package struct TransportConfiguration: Sendable {
    /// The threads that read and decode.
    package var eventLoopThreads = max(1, System.coreCount / 2)
    /// A file of PEM certificates to trust beside those of the system.
    package var caFile: String?
    /// What says so, for messages.
    package var caSource = "--ca-file"
    /// Whether only that file's certificates are trusted, and none of the system.
    package var trustsCAFileOnly = false
    /// Whom the system trusts; replaced by tests only.
    var systemAuthorities = NIOSSLTrustRoots.default
    /// A file of the PEM certificates, our own first, that servers are shown which want one.
    package var clientCertificate: String?
    /// The file of that certificate's key in PEM; nil where the certificate's own holds it.
    package var clientKey: String?
    /// Which origins are reached through which proxy.
    package var proxies = ProxySettings()
    /// How long streams may be silent.
    package var timeouts = StreamTimeouts()
    /// The bounds of a stream.
    package var limits = StreamingResponseHandler.Limits()
    /// What answers may hold in memory together, in bytes, before they are read one after the other.
    package var maximumHeldBytes = MemoryBudget.defaultLimit
    /// The most connections that are being set up at once, TLS included.
    package var maximumHandshakes = 100
    /// How long a connection is kept without a stream.
    package var idleConnectionLifetime = Duration.seconds(30)
    /// What finds the addresses of hosts.
    var lookUp: HostLookups.LookUp = { try POSIX.addresses(of: $0, port: $1) }
    /// The wall clock; replaced by tests only.
    var unixSeconds: @Sendable () -> Double = { WallClock.unixSeconds }
    /// The value of the User-Agent field.
    package var userAgent = "llm4s-batch/0.1.0"

    /// The defaults.
    package init() {}

    /// The defaults, with the proxies and certificates that environment variables name.
    ///
    /// - Parameter caFile: what goes before the variable SSL_CERT_FILE.
    package init(environment: [String: String], caFile: String? = nil) {
        proxies = ProxySettings(environment: environment)
        self.caFile = caFile ?? environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        if caFile == nil { caSource = "SSL_CERT_FILE" }
    }

    /// Reads what is to be trusted and shown, so that a fault in it is found before anything is sent.
    ///
    /// - Parameter origins: what requests will go to; without a secure one among them a variable is not looked at.
    /// - Throws: `ConfigurationError` naming the file.
    package func check(_ origins: some Sequence<Origin>) throws(ConfigurationError) {
        let isVariable = caSource != "--ca-file"
        let isSecure = origins.contains(where: \.isSecure)
        if isVariable, !isSecure, !trustsCAFileOnly, clientCertificate == nil, clientKey == nil { return }
        _ = try TLSFiles(self, readsAuthorities: !isVariable || isSecure)
    }
}
