import NIOCore
import NIOHTTP1

/// Finds a response's head and body in the bytes of a connection, for the `ConnectionHandler` behind it.
///
/// Heads, and bodies that are not chunked, are the business of NIO's HTTP decoder, which lives as long as a response
/// needs it. A chunked body, which streams of events are, goes from the read straight to the handler: by way of the
/// decoder each event cost a twelfth more CPU, and each stream kept more than 1 KB for it. Bound to the channel's
/// event loop.
final class ResponseReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = HTTPClientResponsePart

    private enum Phase {
        /// No response is due.
        case idle
        case head
        /// A body whose end the decoder knows, or one that is over.
        case body
        case chunked
        /// What comes makes no sense any more.
        case failed
    }

    private let handler: ConnectionHandler
    private var context: ChannelHandlerContext?
    private var phase = Phase.idle
    private var chunked = ChunkedBody()
    /// There in the phases `head` and `body`.
    private var decoder: HTTPResponseDecoder?
    /// Given to the decoder, which will want to see it again with what follows.
    private var held = ByteBuffer()
    /// A call from within the decoder must not call it again.
    private var isDecoding = false

    /// Nil where every read is looked at at once.
    var gathering: ReadGathering?

    init(for handler: ConnectionHandler, gathering: ReadGathering? = nil) {
        self.handler = handler
        self.gathering = gathering
    }

    /// A request with that head is about to leave.
    func expectResponse(to head: HTTPRequestHead) {
        guard let context else { return }
        dropDecoder()
        let decoder = HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)
        decoder.decoderAdded(context: context)
        decoder.write(data: .head(head))
        self.decoder = decoder
        phase = .head
    }

    /// The handler was given the head of a response.
    func headCame(_ head: HTTPResponseHead) {
        guard phase == .head else { return }
        phase = .body
        guard head.version == .http1_1, ![204, 304].contains(head.status.code),
            !head.headers.contains(name: "content-length")
        else { return }
        let codings = head.headers["transfer-encoding"]
        guard codings.count == 1, codings[0].lowercased() == "chunked" else { return }
        phase = .chunked
        chunked = ChunkedBody()
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        handler.reader = self
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        dropDecoder()
        phase = .failed
        handler.reader = nil
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        gathering?.didRead(unwrapInboundIn(data).readableBytes)
        switch phase {
        case .chunked: readChunked(unwrapInboundIn(data), context)
        case .head, .body: decode(unwrapInboundIn(data), context)
        case .idle:
            let foreign: (any Error)? = ForeignProtocol(unwrapInboundIn(data))
            fail(foreign ?? NIOHTTPDecoderError.unsolicitedResponse, context)
        case .failed: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Not through the pipeline, at whose end nobody waits for it.
        handler.readCompleted()
    }

    func channelInactive(context: ChannelHandlerContext) {
        // What closes from within the decoder does not ask how the response ends.
        if let decoder, !isDecoding {
            isDecoding = true
            let end = Result { try decoder.decodeLast(context: context, buffer: &held, seenEOF: true) }
            isDecoding = false
            if case .failure(let error) = end { fail(error, context) } else { dropDecoder() }
        }
        phase = .failed
        context.fireChannelInactive()
    }

    // MARK: Bodies

    private func readChunked(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        let span = bytes.readableBytesUInt8Span
        var index = 0
        do {
            while let range = try chunked.next(in: span, from: &index) { handler.receiveBody(span.extracting(range)) }
        } catch {
            fail(error, context)
            return
        }
        guard chunked.isEnded else { return }
        phase = .idle
        handler.receiveBodyEnd()
        if index < span.count { fail(NIOHTTPDecoderError.unsolicitedResponse, context) }
    }

    /// Lets the decoder see what came, in steps that end where a head may: what follows it can be ours.
    private func decode(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        var seen = held.readableBytes
        if seen == 0 { held = bytes } else { held.writeImmutableBuffer(bytes) }
        defer { if held.readableBytes == 0 { held = ByteBuffer() } }
        // The first line may have begun in an earlier read.
        var isFirst = true
        while seen < held.readableBytes, phase == .head || phase == .body, let decoder {
            let end = phase == .head ? Self.headEnd(in: held, from: seen, isFirst: isFirst) : held.readableBytes
            isFirst = false
            guard var part = held.getSlice(at: held.readerIndex, length: end) else { return }
            isDecoding = true
            let result = Result { try decoder.decode(context: context, buffer: &part) }
            isDecoding = false
            if case .failure(let error) = result {
                let foreign: (any Error)? = phase == .head ? ForeignProtocol(held) : nil
                return fail(foreign ?? error, context)
            }
            held.moveReaderIndex(forwardBy: part.readerIndex)
            seen = end - part.readerIndex
        }
        guard phase == .chunked else { return }
        let rest = held
        dropDecoder()
        if rest.readableBytes > 0 { readChunked(rest, context) }
    }

    /// The end of the next line that may be a head's last, or of the bytes.
    ///
    /// - Parameter isFirst: whether the first line began in an earlier read.
    private static func headEnd(in bytes: ByteBuffer, from start: Int, isFirst: Bool) -> Int {
        let span = bytes.readableBytesUInt8Span
        var isLineEmpty = true
        var isFirst = isFirst
        for index in start..<span.count {
            if span[index] == 0x0A {
                if isLineEmpty || isFirst { return index + 1 }
                (isLineEmpty, isFirst) = (true, false)
            } else if span[index] != 0x0D {
                isLineEmpty = false
            }
        }
        return span.count
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        dropDecoder()
        phase = .failed
        context.fireErrorCaught(error)
    }

    private func dropDecoder() {
        if let context { decoder?.decoderRemoved(context: context) }
        decoder = nil
        held = ByteBuffer()
    }
}

/// A protocol that a server speaks in place of HTTP/1.1, told by the first bytes that it sends.
enum ForeignProtocol: Error, Sendable {
    case http2
    case tls

    /// Nil where the bytes are of neither.
    init?(_ bytes: ByteBuffer) {
        let first = Array(bytes.readableBytesView.prefix(9))
        guard first.count >= 3 else { return nil }
        if (0x14...0x17).contains(first[0]), first[1] == 3, first[2] <= 4 {
            self = .tls
        } else if first.count == 9, first[0] == 0, [4, 7].contains(first[3]), first[5...].allSatisfy({ $0 == 0 }) {
            // A server's first frame is SETTINGS on the stream 0 (RFC 9113, section 3.4), or GOAWAY.
            self = .http2
        } else {
            return nil
        }
    }

    var reason: String {
        switch self {
        case .http2: TLSFault.http2Only.reason
        case .tls: "the server speaks TLS on this port"
        }
    }
}
