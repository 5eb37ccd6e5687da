import NIOCore
import SystemCalls

extension Channel {
    /// Makes a later close a reset: SO_LINGER with no time sends RST in place of FIN.
    func resetsOnClose() {
        guard let socket = self as? any SocketOptionProvider else { return }
        // On the channel's own event loop the option is set before the call returns.
        _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }
}
