import LLMStreaming
import NIOCore

/// Which of a stream's deadlines is next: a value that is told what happened and never looks at a clock (SPEC 7).
///
/// Each phase has exactly one clock. Before the first content nothing but content stops it, since servers send
/// comments for as long as a model thinks; after it any byte does.
struct StreamClock: Sendable, Equatable {
    /// What the running clock waits for.
    enum Phase: Sendable, Equatable {
        /// The first content, since the request was sent.
        case firstToken
        /// Any byte, since the last one.
        case idle
        /// The end of a body whose outcome is known already: an answered stream, or a refusal.
        case closing
    }

    /// How long an answered stream or the body of a refusal is read on (SPEC 4).
    static let closingTime = TimeAmount.seconds(5)
    /// Longer limits are as good as none, and a deadline must stay representable.
    private static let maximumLimit = TimeAmount.hours(24 * 365 * 100)

    private let firstToken: TimeAmount
    private let idle: TimeAmount
    private(set) var phase = Phase.firstToken
    private var since: NIODeadline
    /// When the stream stopped to be read; its clock stands still since then.
    private var pausedAt: NIODeadline?

    /// A clock for the first content, started where sending begins.
    init(timeouts: StreamTimeouts, at now: NIODeadline) {
        firstToken = min(TimeAmount(timeouts.firstToken), Self.maximumLimit)
        idle = min(TimeAmount(timeouts.idle), Self.maximumLimit)
        since = now
    }

    /// How long the running clock may run.
    var limit: TimeAmount {
        switch phase {
        case .firstToken: firstToken
        case .idle: idle
        case .closing: Self.closingTime
        }
    }

    /// When the running clock runs out; nil while it stands still.
    var deadline: NIODeadline? { pausedAt == nil ? since + limit : nil }

    /// Whether the running clock has run out.
    func isExpired(at now: NIODeadline) -> Bool { deadline.map { $0 <= now } ?? false }

    /// The whole request is out: the model starts to think now, not while a long prompt was being sent.
    mutating func requestSent(at now: NIODeadline) {
        if phase == .firstToken { since = pausedAt ?? now }
    }

    /// Bytes came, without content.
    mutating func receivedBytes(at now: NIODeadline) {
        if phase == .idle { since = pausedAt ?? now }
    }

    /// Content came.
    mutating func receivedContent(at now: NIODeadline) {
        guard phase != .closing else { return }
        phase = .idle
        since = pausedAt ?? now
    }

    /// Nothing but the end is waited for.
    mutating func startClosing(at now: NIODeadline) {
        guard phase != .closing else { return }
        phase = .closing
        since = pausedAt ?? now
    }

    /// The stream is not read any more.
    mutating func pause(at now: NIODeadline) {
        if pausedAt == nil { pausedAt = now }
    }

    /// The stream is read again; the clock goes on from where it stood.
    mutating func resume(at now: NIODeadline) {
        guard let pausedAt else { return }
        since = since + (now - pausedAt)
        self.pausedAt = nil
    }
}
