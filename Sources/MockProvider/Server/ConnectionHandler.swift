import NIOCore
import SystemCalls

/// One connection as its server counts it, whatever is spoken on it: its number, its end, and its reset by an outage.
///
/// It is the first handler of the pipeline, so that a reset is one of the socket itself.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let ledger: TrafficLedger
    private let controls: Controls
    /// The number among the server's connections, from 0, once it is open.
    private(set) var number = 0
    /// How the responses end that the end of the connection interrupts.
    private(set) var interruption = ResponseRecord.Ending.closedByClient

    init(ledger: TrafficLedger, controls: Controls) {
        self.ledger = ledger
        self.controls = controls
    }

    func channelActive(context: ChannelHandlerContext) {
        number = ledger.connectionOpened()
        controls.listener.connectionOpened(number, context.channel)
        context.fireChannelActive()
        if controls.listener.isDown { reset(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // The responses end first: who sees no connection sees none of them.
        context.fireChannelInactive()
        controls.listener.connectionClosed(number)
        ledger.connectionClosed()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerOutage { reset(context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Ends the connection and the responses on it, as a machine that goes down.
    private func reset(_ context: ChannelHandlerContext) {
        interruption = .reset
        context.channel.resetsOnClose()
        context.close(promise: nil)
    }
}

extension Channel {
    /// Makes a later close a reset: SO_LINGER without time sends RST in place of FIN.
    func resetsOnClose() {
        guard let socket = self as? any SocketOptionProvider else { return }
        // On the channel's own event loop the option is set before the call returns.
        _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }
}
