import Synchronization
import SystemCalls

/// The transports of a process: clients share their connections, but for those that trust others.
enum SharedTransports {
    private struct Trust: Hashable {
        var caFile: String?
        var isAlone: Bool
    }

    /// Trusts whom the system and SSL_CERT_FILE say.
    static let usual = StreamingTransport(
        configuration: TransportConfiguration(environment: ProcessEnvironment.variables))

    private static let others = Mutex<[Trust: StreamingTransport]>([:])

    /// The transport that trusts whom options name; nil where they name nobody.
    ///
    /// It lives as long as the process: programs have one or two files of authorities.
    static func transport(_ options: StreamingOptions) -> StreamingTransport? {
        guard options.caFile != nil || options.trustsCAFileOnly else { return nil }
        let trust = Trust(caFile: options.caFile, isAlone: options.trustsCAFileOnly)
        return others.withLock { others in
            if let known = others[trust] { return known }
            var configuration = TransportConfiguration(
                environment: ProcessEnvironment.variables, caFile: options.caFile)
            if options.caFile != nil { configuration.caSource = "caFile" }
            configuration.trustsCAFileOnly = options.trustsCAFileOnly
            configuration.eventLoopThreads = 1
            let made = StreamingTransport(configuration: configuration)
            others[trust] = made
            return made
        }
    }
}
