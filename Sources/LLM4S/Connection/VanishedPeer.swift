import NIOCore

/// The options of a socket by which a peer that vanished without a word is found: within 60 to 90 s.
///
/// An idle connection is probed after 60 s, four times in 20 s. Probes wait while bytes of ours are not acknowledged;
/// then the time counts for which they are not. That time also counts while a peer that lives takes nothing more, as
/// one does that leaves connections in its backlog: for requests which may not fit a peer's buffer it is not bounded.
enum VanishedPeer {
    static let idleSeconds = 60
    static let probeSeconds = 5
    static let probes = 4
    static let acknowledgeMilliseconds = 80_000
    /// Less than any system's receive buffer.
    static let safeRequestBytes = 16 << 10

    /// How it is told.
    static let reason = "the other side has vanished: it acknowledged nothing any more"

    /// The options of each connection.
    static var options: [(option: ChannelOptions.Types.SocketOption, value: Int)] {
        [
            (.socketOption(.so_keepalive), 1), (.tcpOption(.keepAliveIdle), idleSeconds),
            (.tcpOption(.keepAliveInterval), probeSeconds), (.tcpOption(.keepAliveCount), probes),
        ] + (userTimeout.map { [($0, acknowledgeMilliseconds)] } ?? [])
    }

    /// The option of the time without an acknowledgement; nil where the system has none.
    static var userTimeout: ChannelOptions.Types.SocketOption? {
        POSIX.userTimeout.map { .tcpOption(NIOBSDSocket.Option(rawValue: $0)) }
    }
}

extension NIOBSDSocket.Option {
    fileprivate static var keepAliveIdle: Self { Self(rawValue: POSIX.keepAliveIdle) }
    fileprivate static var keepAliveInterval: Self { Self(rawValue: POSIX.keepAliveInterval) }
    fileprivate static var keepAliveCount: Self { Self(rawValue: POSIX.keepAliveCount) }
}
