import LLMStreaming
import NIOCore
import NIOHTTP2

/// One of the streams of an HTTP/2 connection, from its request until both sides have closed it and its result is out.
///
/// Bound to the connection's event loop.
final class HTTP2Stream {
    /// The bytes that a server may send ahead of what is read: what each paused stream may cost in memory.
    static let window = 65_535
    /// How much is read away of a body that nobody waits for, until the stream is reset: less than the server can send, whose
    /// window grows no more.
    static let maximumDrainBytes = 16 << 10

    let id: HTTP2StreamID
    /// When its request was given to the connection.
    let start: NIODeadline
    /// Who wants the answer; nil once the result is out.
    var active: ActiveStream?
    /// What looks at the stream's clock.
    var alarm: Alarm?
    /// Whether the response's head has come; what follows it are trailers.
    private(set) var hasHead = false
    /// Whether the server said that it did not look at the request.
    var isUnprocessed = false
    /// Whether its request has begun to leave.
    var isOpen = false
    /// Whether NIO would not send its request.
    var isUnsendable = false
    /// Whether its connection ended under it.
    var isLost = false
    /// Whether what the server sent on it was against the rules.
    var isBroken = false
    /// Whether the connection knows it no more.
    var isClosed = false
    /// Whether it is to be looked at once all of a read is there.
    var isTouched = false
    /// The part of `window` that the server has left.
    private(set) var room = HTTP2Stream.window
    /// What came while the receiver had no room, and whether the body ended with it.
    private var held: (bytes: ByteBuffer, isEnd: Bool)?
    /// What came after the result.
    private var drainedBytes = 0

    init(_ id: HTTP2StreamID, _ active: ActiveStream, at now: NIODeadline) {
        self.id = id
        self.active = active
        start = now
    }

    /// Takes the head of a response, an interim one (RFC 9110, section 15.2), or trailers.
    ///
    /// - Returns: whether it was the head.
    func receiveHead(_ head: ResponseHead, isEnd: Bool, at now: NIODeadline) -> Bool {
        guard !(100..<200).contains(head.status), !hasHead else {
            guard isEnd else { return false }
            // NIO takes an interim one for no end; nothing of a response comes behind it.
            guard hasHead else {
                lose(.malformedStream(HTTP2Words.rules), at: now)
                return false
            }
            receiveBody(ByteBuffer(), isEnd: true, at: now)
            return false
        }
        hasHead = true
        guard head.status >= 100 else {
            lose(.malformedStream("its status is no number"), at: now)
            return true
        }
        active?.exchange.receiveHead(head, at: now)
        if active?.exchange.outcome == nil { active?.attempt.responseBegan() }
        if isEnd { receiveBody(ByteBuffer(), isEnd: true, at: now) }
        return true
    }

    /// Takes a piece of the body; it waits while the receiver has no room.
    func receiveBody(_ bytes: ByteBuffer, isEnd: Bool, at now: NIODeadline) {
        guard let active else {
            drainedBytes += bytes.readableBytes
            return
        }
        guard case .open = active.flow else {
            var all = held?.bytes ?? ByteBuffer()
            held = nil
            // Copied: a slice would keep the whole read.
            all.writeImmutableBuffer(bytes)
            held = (all, isEnd)
            return
        }
        // One without data says nothing, as a comment would: it may be padding.
        if bytes.readableBytes > 0 { active.exchange.receiveBody(bytes.readableBytesUInt8Span, at: now) }
        guard isEnd else { return }
        active.isBodyEnded = true
        active.exchange.receiveEnd(at: now)
    }

    /// Takes what waited.
    func receiveHeld(at now: NIODeadline) {
        guard let held else { return }
        self.held = nil
        guard let active else { return }
        if held.bytes.readableBytes > 0 {
            active.exchange.receiveBody(held.bytes.readableBytesUInt8Span, at: now)
        }
        if held.isEnd {
            active.isBodyEnded = true
            active.exchange.receiveEnd(at: now)
        }
    }

    /// Takes the loss of the stream, or of its connection, with what came before it.
    func lose(_ loss: ConnectionLoss, at now: NIODeadline) {
        receiveHeld(at: now)
        active?.exchange.connectionLost(loss, at: now)
    }

    /// Whether more came after the result than is read away.
    var isDrained: Bool { active == nil && drainedBytes > Self.maximumDrainBytes }

    /// The server has so much of the window left.
    func windowChanged(to size: Int) { room = size }

    /// By how much the window is to grow now; nil for not at all: half of it is worth a frame.
    var windowIncrement: Int? {
        guard let active, !active.isBodyEnded, held == nil, case .open = active.flow, !isClosed else { return nil }
        return room < Self.window / 2 ? Self.window - room : nil
    }
}
