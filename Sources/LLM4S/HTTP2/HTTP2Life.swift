import NIOCore

/// When an HTTP/2 connection is idle for too long, and when it may be dead: a value that reads no clock.
///
/// TCP finds a peer that vanished; behind a proxy only a PING does (RFC 9113, section 6.7).
struct HTTP2Life {
    /// What is to be done at a deadline.
    enum Action: Equatable {
        /// To close the connection, if nobody wants it.
        case retire
        /// To ask the server for a sign of life.
        case ask
        /// To close the connection: no sign came.
        case close
    }

    /// After so long a silence of the whole connection a sign of life is asked for.
    static let silence = TimeAmount.seconds(Int64(VanishedPeer.idleSeconds))
    /// So long it is waited for: with `silence` as long as TCP takes to find out.
    static let answerTime = TimeAmount.seconds(Int64(VanishedPeer.probeSeconds * VanishedPeer.probes))

    private var lastFrame: NIODeadline
    private var lastStreamEnd: NIODeadline
    private var askedAt: NIODeadline?
    private var responseSeconds: Double?
    private var isUnansweredSinceRest = false
    /// Whether a response has come.
    private(set) var hasServed = false

    init(at now: NIODeadline) { (lastFrame, lastStreamEnd) = (now, now) }

    /// A stream begins; a connection that was at rest was not silent.
    mutating func streamBegan(at now: NIODeadline, isFirst: Bool) {
        if isFirst { lastFrame = now }
    }

    /// Whether a connection that has served has answered nothing since it was at rest: its server may have closed it.
    var isAtRest: Bool { hasServed && isUnansweredSinceRest }

    /// The server sent something.
    mutating func framesCame(at now: NIODeadline) {
        lastFrame = now
        askedAt = nil
    }

    /// A response began.
    mutating func answered(after time: TimeAmount, isPage: Bool) {
        hasServed = true
        isUnansweredSinceRest = false
        // How soon a page comes says nothing of how soon answers do.
        if !isPage { responseSeconds = Double(time.nanoseconds) / 1e9 }
    }

    /// How long the last answer's first byte took, once.
    mutating func takeResponseSeconds() -> Double? {
        defer { responseSeconds = nil }
        return responseSeconds
    }

    /// A stream has ended.
    mutating func streamEnded(at now: NIODeadline, isLast: Bool) {
        guard isLast else { return }
        lastStreamEnd = now
        isUnansweredSinceRest = true
    }

    /// When something is to be done.
    func deadline(isIdle: Bool, idleLifetime: TimeAmount) -> NIODeadline {
        if isIdle { return lastStreamEnd + idleLifetime }
        return askedAt.map { $0 + Self.answerTime } ?? lastFrame + Self.silence
    }

    /// The deadline has come.
    mutating func expire(at now: NIODeadline, isIdle: Bool) -> Action {
        if isIdle { return .retire }
        if askedAt != nil { return .close }
        askedAt = now
        return .ask
    }
}
