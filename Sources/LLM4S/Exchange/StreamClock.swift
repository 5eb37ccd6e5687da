import LLMStreaming
import NIOCore

/// Which of a stream's deadlines is next: a value that is told what happened and never looks at a clock
/// (Contract, "Clocks").
///
/// Before the first content nothing but content stops its clock, since servers send comments for as long as a model
/// thinks. After it two run: any byte sets back the one, only what makes a chunk the other. The time for the whole
/// attempt runs beside them until the answer is there.
struct StreamClock: Sendable, Equatable {
    /// What a clock waits for.
    enum Cause: Sendable, Equatable {
        /// The first content, since the request was sent.
        case firstToken
        /// Any byte, since the last one.
        case idle
        /// Anything that makes a chunk, since the last of it.
        case stall
        /// The whole answer, since the attempt began.
        case job
        /// The end of a body whose outcome is known already: an answered stream, or a refusal.
        case closing
    }

    private enum Phase: Equatable {
        case firstToken(since: NIODeadline)
        case streaming(byte: NIODeadline, chunk: NIODeadline)
        case closing(since: NIODeadline)
    }

    /// How long an answered stream is read on after the last of its content, and the body of a refusal after its head.
    static let closingTime = TimeAmount.seconds(5)
    /// Longer limits are as good as none, and a deadline must stay representable.
    private static let maximumLimit = TimeAmount.hours(24 * 365 * 100)

    private let firstToken: TimeAmount
    private let idle: TimeAmount
    private let stall: TimeAmount
    private let job: TimeAmount?
    private var phase: Phase
    private var start: NIODeadline
    /// When the stream stopped to be read; its clocks stand still since then.
    private var pausedAt: NIODeadline?

    /// A clock for the first content, started where sending begins.
    ///
    /// - Parameter start: when the attempt began.
    init(timeouts: StreamTimeouts, start: NIODeadline, at now: NIODeadline) {
        firstToken = min(TimeAmount(timeouts.firstToken), Self.maximumLimit)
        idle = min(TimeAmount(timeouts.idle), Self.maximumLimit)
        stall = min(TimeAmount(timeouts.stall), Self.maximumLimit)
        job = timeouts.job.map { min(TimeAmount($0), Self.maximumLimit) }
        phase = .firstToken(since: now)
        self.start = start
    }

    /// The clock that runs out next: what it waits for, how long it may run, and when it is over.
    private var next: (cause: Cause, limit: TimeAmount, deadline: NIODeadline) {
        var next: (cause: Cause, limit: TimeAmount, deadline: NIODeadline)
        switch phase {
        case .closing(let since): return (.closing, Self.closingTime, since + Self.closingTime)
        case .firstToken(let since): next = (.firstToken, firstToken, since + firstToken)
        case .streaming(let byte, let chunk):
            next = (.idle, idle, byte + idle)
            // Where both run out together nothing came at all.
            if chunk + stall < next.deadline { next = (.stall, stall, chunk + stall) }
        }
        if let job, start + job < next.deadline { next = (.job, job, start + job) }
        return next
    }

    /// What the clock waits for that runs out next.
    var cause: Cause { next.cause }

    /// How long that clock may run.
    var limit: TimeAmount { next.limit }

    /// When it runs out; nil while it stands still.
    var deadline: NIODeadline? { pausedAt == nil ? next.deadline : nil }

    /// Whether the running clock has run out.
    func isExpired(at now: NIODeadline) -> Bool { deadline.map { $0 <= now } ?? false }

    /// The whole request is out: the model starts to think now, not while a long prompt was being sent.
    mutating func requestSent(at now: NIODeadline) {
        if case .firstToken = phase { phase = .firstToken(since: pausedAt ?? now) }
    }

    /// Bytes came that make no chunk.
    mutating func receivedBytes(at now: NIODeadline) {
        if case .streaming(_, let chunk) = phase { phase = .streaming(byte: pausedAt ?? now, chunk: chunk) }
    }

    /// A chunk came that is no content.
    mutating func receivedChunk(at now: NIODeadline) {
        if case .streaming = phase { receivedContent(at: now) }
    }

    /// Content came, be it behind a finish reason.
    mutating func receivedContent(at now: NIODeadline) {
        phase = .streaming(byte: pausedAt ?? now, chunk: pausedAt ?? now)
    }

    /// Nothing but the end is waited for.
    mutating func startClosing(at now: NIODeadline) {
        if case .closing = phase { return }
        phase = .closing(since: pausedAt ?? now)
    }

    /// The answer goes on: more than its end is waited for.
    mutating func stopClosing(at now: NIODeadline) {
        if case .closing = phase { receivedContent(at: now) }
    }

    /// The stream is not read any more.
    mutating func pause(at now: NIODeadline) {
        if pausedAt == nil { pausedAt = now }
    }

    /// The stream is read again; the clocks go on from where they stood.
    mutating func resume(at now: NIODeadline) {
        guard let pausedAt else { return }
        let time = now - pausedAt
        start = start + time
        switch phase {
        case .firstToken(let since): phase = .firstToken(since: since + time)
        case .streaming(let byte, let chunk): phase = .streaming(byte: byte + time, chunk: chunk + time)
        case .closing(let since): phase = .closing(since: since + time)
        }
        self.pausedAt = nil
    }
}

extension TimeAmount {
    /// The time for a reader: `600 s`, `0.25 s`.
    var text: String {
        let (seconds, rest) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000)
        return rest == 0 ? "\(seconds) s" : "\(Double(nanoseconds / 1_000_000) / 1000) s"
    }
}

/// When the parts of one attempt came, measured from its start.
struct StreamTimings: Sendable {
    private let start: NIODeadline
    /// The first byte of the response's head or of what stood in its place.
    private(set) var firstByte: Int64?
    /// The first chunk of content.
    private(set) var firstChunk: Int64?
    private var lastChunk: Int64?
    private(set) var chunkCount = 0
    /// The gaps between reads that brought content.
    private(set) var gaps = GapHistogram()

    /// Timings of an attempt that started then.
    init(start: NIODeadline) { self.start = start }

    /// The microseconds between the attempt's start and a moment.
    func microseconds(at now: NIODeadline) -> Int64 { (now - start).nanoseconds / 1000 }

    /// Something of the response came.
    mutating func receivedBytes(at now: NIODeadline) {
        if firstByte == nil { firstByte = microseconds(at: now) }
    }

    /// The chunks of one read came.
    mutating func received(_ chunks: [StreamedChunk], at now: NIODeadline) {
        chunkCount += chunks.count
        guard chunks.contains(where: \.isContent) else { return }
        let time = microseconds(at: now)
        if let lastChunk { gaps.add(microseconds: time - lastChunk) } else { firstChunk = time }
        lastChunk = time
    }
}
