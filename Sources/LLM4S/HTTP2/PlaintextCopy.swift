import NIOCore

/// Hands on what TLS decrypted in small buffers of its own.
///
/// NIO's TLS hands out the buffer that it reads into, of 32 or 64 KB, and NIO's parser of frames keeps what it was given: for
/// the next read each of the two took another one, on every connection. A copy costs less.
final class PlaintextCopy: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// The most bytes of a buffer: what the parser keeps grows to a frame and one of these.
    static let maximumBytes = 4096

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while bytes.readableBytes > 0 {
            guard let piece = bytes.readSlice(length: min(bytes.readableBytes, Self.maximumBytes)) else { return }
            var copy = context.channel.allocator.buffer(capacity: piece.readableBytes)
            copy.writeImmutableBuffer(piece)
            context.fireChannelRead(wrapInboundOut(copy))
        }
    }
}
