import LLMStreaming
import NIOCore
import NIOHTTP1

/// One request and its response: told what comes from the network and when, it says which chunks came of it and how it
/// ended (Contract, "When an answer is complete").
///
/// A value that reads no clock and touches no socket.
struct Exchange: Sendable {
    let origin: Origin
    private let path: String
    let limits: StreamingResponseHandler.Limits
    /// Whether its connection had served before, and may have ended while nobody used it.
    var isConnectionReused: Bool
    /// Whether a page is asked for, and no answer.
    let isPage: Bool
    let unixSeconds: @Sendable () -> Double
    var handler: StreamingResponseHandler
    var body = ResponseBody.awaitingHead
    private let providerName: String
    // Of the response's head only what the result tells: it is kept as long as the stream lasts.
    private(set) var status: Int?
    private(set) var requestID: String?
    private(set) var serviceTier: String?
    private(set) var rateLimits: RateLimitReport?
    var timings: StreamTimings
    /// The clock that runs until the outcome.
    private(set) var clock: StreamClock
    /// How it ended; set once.
    private(set) var outcome: ExchangeOutcome?
    /// The bytes that the answer holds in memory, roughly.
    ///
    /// Stored, as it is asked for after each read: a computed one copied the whole exchange to be asked, a twelfth of the
    /// CPU of an event at 1,000 paced streams.
    private(set) var heldByteCount = 0
    /// Chunks decoded and not yet taken.
    var chunks: [StreamedChunk] = []
    /// When the last of them came.
    private var arrival: NIODeadline

    /// An exchange that begins.
    ///
    /// - Parameters:
    ///   - request: what is sent.
    ///   - provider: who answers.
    ///   - origin: where it is.
    ///   - path: the path on the origin; what the head names where no proxy reads it.
    ///   - limits: the bounds of the answer.
    ///   - timeouts: how long what may take.
    ///   - isConnectionReused: whether the connection has served before.
    ///   - start: when the attempt began; its redirects belong to it.
    ///   - now: when this exchange begins.
    ///   - unixSeconds: the wall clock, for dates in Retry-After.
    init(
        _ request: ProviderRequest, provider: Provider, origin: Origin, path: String,
        limits: StreamingResponseHandler.Limits, timeouts: StreamTimeouts, isConnectionReused: Bool,
        start: NIODeadline, at now: NIODeadline, unixSeconds: @escaping @Sendable () -> Double
    ) {
        self.origin = origin
        self.path = path
        self.limits = limits
        providerName = provider.name
        self.unixSeconds = unixSeconds
        self.isConnectionReused = isConnectionReused
        isPage = request.isPage
        handler = StreamingResponseHandler(
            provider: provider, choices: request.choices, dialect: request.dialect, limits: limits,
            cursor: request.cursor)
        timings = StreamTimings(start: start)
        clock = StreamClock(timeouts: timeouts, start: start, at: now)
        arrival = now
    }

    /// Whether chunks wait to be taken.
    var hasChunks: Bool { !chunks.isEmpty }

    /// Takes the chunks decoded since the last time, and when they came in microseconds from the attempt's start.
    mutating func takeChunks() -> (chunks: [StreamedChunk], microseconds: Int64) {
        defer { chunks = [] }
        handler.takeCursor(into: &chunks)
        timings.received(chunks, at: arrival)
        return (chunks, timings.microseconds(at: arrival))
    }

    /// The request has left.
    mutating func requestSent(at now: NIODeadline) { clock.requestSent(at: now) }

    /// The receiver has no room.
    mutating func pause(at now: NIODeadline) { clock.pause(at: now) }

    /// The receiver has room again.
    mutating func resume(at now: NIODeadline) { clock.resume(at: now) }

    /// Takes the response's head.
    mutating func receiveHead(_ head: ResponseHead, at now: NIODeadline) {
        guard outcome == nil else { return }
        timings.receivedBytes(at: now)
        clock.receivedBytes(at: now)
        status = head.status
        requestID = head.requestID
        serviceTier = head.serviceTier
        rateLimits = head.rateLimits(provider: providerName, now: unixSeconds())
        if (300..<400).contains(head.status) {
            switch Redirect(head: head, origin: origin, path: path) {
            case .follow(let path): redirect(to: path)
            case .refuse(let error): settle(.failed(error))
            }
            return
        }
        body = isPage && head.status == 200 ? .page([]) : ResponseBody(head: head)
        switch body {
        case .refusal, .foreign: clock.startClosing(at: now)
        case .awaitingHead, .opening, .events, .document, .page, .settled: break
        }
    }

    /// Takes a piece of its body.
    mutating func receiveBody(_ bytes: Span<UInt8>, at now: NIODeadline) {
        guard outcome == nil else { return }
        switch body {
        case .events: receiveEvents(bytes, at: now)
        case .opening(let opening): receiveOpening(opening, bytes, at: now)
        default:
            clock.receivedBytes(at: now)
            let isFull = body.keep(bytes, maximumDocumentBytes: limits.maximumEventBytes)
            heldByteCount = body.heldByteCount
            if isFull { receiveEnd(at: now) }
        }
    }

    /// Takes bytes of a body of which it is not known what it is.
    private mutating func receiveOpening(_ opening: BodyOpening, _ bytes: Span<UInt8>, at now: NIODeadline) {
        if opening.bytes.isEmpty {
            var opening = opening
            let kind = opening.kind(of: bytes)
            if kind == .undecided {
                unsafe bytes.withUnsafeBufferPointer { unsafe opening.bytes.append(contentsOf: $0) }
                body = .opening(opening)
                clock.receivedBytes(at: now)
            } else {
                receive(bytes, as: kind, at: now)
            }
        } else {
            // Once or twice a stream, or for as long as comments come.
            var opening = opening
            body = .settled
            unsafe bytes.withUnsafeBufferPointer { unsafe opening.bytes.append(contentsOf: $0) }
            let all = opening.bytes
            let kind = opening.kind(of: all.span)
            if kind == .undecided {
                body = .opening(opening)
                clock.receivedBytes(at: now)
            } else {
                receive(all.span, as: kind, at: now)
            }
        }
    }

    /// Takes the first bytes of a body that is now known.
    private mutating func receive(_ bytes: Span<UInt8>, as kind: BodyOpening.Kind, at now: NIODeadline) {
        switch kind {
        case .undecided, .events: body = .events
        case .document(let start):
            body = .document([])
            return receiveBody(bytes.extracting(start...), at: now)
        case .foreign(let mediaType):
            body = .foreign(mediaType: mediaType, [])
            clock.startClosing(at: now)
        case .compressed(let coding): return settle(.failed(.compressed(coding, by: origin)))
        }
        receiveBody(bytes, at: now)
    }

    mutating func receiveEvents(_ bytes: Span<UInt8>, at now: NIODeadline) {
        let count = chunks.count
        defer { heldByteCount = handler.heldByteCount }
        do {
            try handler.receive(bytes, into: &chunks)
        } catch {
            noteChunks(from: count, at: now)
            settle(.failed(error))
            return
        }
        noteChunks(from: count, at: now)
        switch handler.phase {
        case .streaming where !handler.awaitsOnlyItsEnd: clock.stopClosing(at: now)
        case .streaming, .answered: clock.startClosing(at: now)
        case .ended: settleAnswer(.closed)
        case .failed: break
        }
    }

    mutating func noteChunks(from start: Int, at now: NIODeadline) {
        arrival = now
        if chunks[start...].contains(where: \.isContent) {
            clock.receivedContent(at: now)
        } else if start < chunks.endIndex {
            clock.receivedChunk(at: now)
        } else {
            clock.receivedBytes(at: now)
        }
    }

    /// The attempt ends with this exchange.
    mutating func settle(_ outcome: StreamResult.Outcome) {
        body = .settled
        if case .failed(var error) = outcome {
            error.requestID = error.requestID ?? requestID
            self.outcome = .ended(.failed(error))
        } else {
            self.outcome = .ended(outcome)
        }
    }

    /// The attempt goes on with another exchange.
    private mutating func redirect(to path: String) {
        body = .settled
        outcome = .redirected(path: path)
    }
}
