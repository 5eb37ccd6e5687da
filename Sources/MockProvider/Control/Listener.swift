import NIOCore
import NIOPosix
import Synchronization

/// The listening socket and its connections: what an outage closes and opens again.
final class Listener: Sendable {
    /// Opens a listening socket at an address.
    typealias Bind = @Sendable (SocketAddress) -> EventLoopFuture<any Channel>

    private struct State {
        var bind: Bind?
        var server: (any Channel)?
        var address: SocketAddress?
        /// The open connections by their numbers.
        var connections: [Int: any Channel] = [:]
        var outageForm = ControlSettings.OutageForm.refuse
        /// Incremented by each outage and each end of one, so that an old timer ends nothing.
        var outage = 0
        var isDown = false
    }

    private let group: MultiThreadedEventLoopGroup
    private let state = Mutex(State())

    init(group: MultiThreadedEventLoopGroup) { self.group = group }

    /// Listens for the first time, and returns the port.
    func start(host: String, port: Int, bind: @escaping Bind) async throws -> Int {
        let channel = try await bind(.makeAddressResolvingHost(host, port: port)).get()
        state.withLock {
            $0.bind = bind
            $0.server = channel
            $0.address = channel.localAddress
        }
        return channel.localAddress?.port ?? port
    }

    /// Releases the bind closure, which retains this listener.
    func stop() {
        state.withLock {
            $0.bind = nil
            $0.outage += 1
        }
    }

    /// Whether a new connection is reset, also one that came just before the socket was closed.
    var isDown: Bool { state.withLock { $0.isDown } }

    func connectionOpened(_ number: Int, _ channel: any Channel) {
        state.withLock { $0.connections[number] = channel }
    }

    func connectionClosed(_ number: Int) {
        _ = state.withLock { $0.connections.removeValue(forKey: number) }
    }

    func setOutageForm(_ form: ControlSettings.OutageForm) { state.withLock { $0.outageForm = form } }

    /// Resets all connections but one and every new one, for a time or until `comeUp`.
    func goDown(for duration: Duration, sparing spared: Int?) {
        let (server, connections, outage) = state.withLock { state in
            state.outage += 1
            state.isDown = true
            let server = state.outageForm == .refuse ? state.server : nil
            if server != nil { state.server = nil }
            return (server, state.connections.filter { $0.key != spared }, state.outage)
        }
        server?.close(promise: nil)
        for channel in connections.values {
            channel.pipeline.fireUserInboundEventTriggered(ServerOutage())
        }
        group.next().scheduleTask(in: TimeAmount(duration)) { [weak self] in self?.comeUp(after: outage) }
    }

    /// Ends the outage, if there is one.
    func comeUp() { comeUp(after: state.withLock { $0.outage }) }

    private func comeUp(after outage: Int) {
        let (address, bind) = state.withLock { state -> (SocketAddress?, Bind?) in
            guard state.isDown, state.outage == outage else { return (nil, nil) }
            state.isDown = false
            return (state.server == nil ? state.address : nil, state.bind)
        }
        guard let address, let bind else { return }
        bind(address).whenComplete { [self] result in
            switch result {
            case .success(let channel): state.withLock { $0.server = channel }
            case .failure:
                // The old socket may not be closed yet.
                state.withLock { $0.isDown = true }
                group.next().scheduleTask(in: .milliseconds(5)) { [weak self] in self?.comeUp(after: outage) }
            }
        }
    }
}

/// Tells a connection that the server goes down.
struct ServerOutage: Sendable {}
