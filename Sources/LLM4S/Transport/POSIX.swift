#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#elseif canImport(Glibc)
    import Glibc
#endif

/// What the system tells and NIO does not pass on.
enum POSIX {
    /// Seconds since 1970.
    static func unixSeconds() -> Double {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The words for an error number.
    static func reason(_ errorNumber: CInt) -> String {
        let words = unsafe strerror(errorNumber).map { unsafe String(cString: $0) } ?? "unknown"
        return "\(words) (errno \(errorNumber))"
    }

    /// The variables of this process; a later change is not seen.
    static let environment: [String: String] = {
        var variables: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let parts = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            unsafe entry += 1
        }
        return variables
    }()

    /// The option of a TCP socket that says how many seconds lie between two keepalive probes.
    static let keepAliveInterval = TCP_KEEPINTVL
    /// The option of a TCP socket that says how many of them may stay without an answer.
    static let keepAliveCount = TCP_KEEPCNT

    #if canImport(Darwin)
        /// The option of a TCP socket that says after how many idle seconds the first keepalive probe goes out.
        static let keepAliveIdle = TCP_KEEPALIVE
        /// The option of how long bytes may stay without an acknowledgement.
        static let userTimeout: CInt? = nil
    #else
        /// The option of a TCP socket that says after how many idle seconds the first keepalive probe goes out.
        static let keepAliveIdle = TCP_KEEPIDLE
        /// The option of how long bytes may stay without an acknowledgement.
        static let userTimeout: CInt? = CInt(TCP_USER_TIMEOUT)
    #endif
}
