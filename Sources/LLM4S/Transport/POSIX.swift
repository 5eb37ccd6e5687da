import LLMStreaming
import NIOCore
import SystemCalls

/// What the system tells and NIO does not pass on.
enum POSIX {
    /// The words for an error number.
    static func reason(_ errorNumber: CInt) -> String {
        "\(SystemError.words(errorNumber)) (errno \(errorNumber))"
    }

    /// The addresses of a host, as the system finds them; waits for as long as that takes.
    static func addresses(of host: String, port: Int) throws -> [SocketAddress] {
        var hints = unsafe addrinfo()
        // TCP: otherwise each address comes once for each kind of socket.
        unsafe hints.ai_protocol = 6
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, String(port), &hints, &list) == 0 else {
            throw LLMError(.dns, "the name \(host) could not be resolved")
        }
        defer { unsafe freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.ai_addr {
                switch unsafe entry.pointee.ai_family {
                case AF_INET:
                    unsafe address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                        unsafe found.append(SocketAddress(address.pointee, host: host))
                    }
                case AF_INET6:
                    unsafe address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { address in
                        unsafe found.append(SocketAddress(address.pointee, host: host))
                    }
                default: break
                }
            }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    /// The error of a connection whose other side acknowledges nothing.
    static let timedOut = ETIMEDOUT

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
