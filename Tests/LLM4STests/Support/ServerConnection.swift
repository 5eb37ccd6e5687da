import NIOCore
import NIOPosix

/// A connection that a script writes to, from any thread.
struct ServerConnection: Sendable {
    let channel: any Channel

    func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }

    /// Sends each byte as a write of its own.
    func sendByteByByte(_ text: String) {
        for byte in text.utf8 { channel.writeAndFlush(ByteBuffer(bytes: [byte]), promise: nil) }
    }

    /// Closes in order, after what was sent before.
    func close() { channel.writeAndFlush(ByteBuffer()).whenComplete { _ in channel.close(promise: nil) } }

    /// Closes with a reset, after what was sent before.
    func reset() {
        channel.writeAndFlush(ByteBuffer()).flatMap {
            // A stream of HTTP/2 is reset by its close.
            (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
                ?? channel.eventLoop.makeSucceededVoidFuture()
        }.whenComplete { _ in channel.close(promise: nil) }
    }
}
