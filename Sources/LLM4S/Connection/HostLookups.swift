import Dispatch
import NIOCore
import NIOPosix
import Synchronization

/// Finds the addresses of hosts, those of each on a thread of its own: a name whose servers are silent holds up no
/// other.
///
/// NIO's resolver asks for one name after the other on each event loop, and a look-up cannot be given up: with one loop
/// a single name that hung kept all others waiting. Who asks for a name that is being looked up waits for that.
final class HostLookups: Sendable {
    /// Finds addresses, and may block for as long as it takes.
    typealias LookUp = @Sendable (_ host: String, _ port: Int) throws -> [SocketAddress]

    private struct Name: Hashable {
        var host: String
        var port: Int
    }

    private let lookUp: LookUp
    private let waiting = Mutex<[Name: [EventLoopPromise<[SocketAddress]>]]>([:])

    init(_ lookUp: @escaping LookUp) { self.lookUp = lookUp }

    /// The addresses of a host, once they are found.
    func addresses(of host: String, port: Int, on loop: any EventLoop) -> HostAddresses {
        let name = Name(host: host, port: port)
        let promise = loop.makePromise(of: [SocketAddress].self)
        let isFirst = waiting.withLock { waiting in
            waiting[name, default: []].append(promise)
            return waiting[name]?.count == 1
        }
        if isFirst { start(name) }
        return HostAddresses(found: promise.futureResult)
    }

    private func start(_ name: Name) {
        DispatchQueue(label: "addresses of a host").async {
            let result = Result { try self.lookUp(name.host, name.port) }
            let promises = self.waiting.withLock { $0.removeValue(forKey: name) ?? [] }
            for promise in promises { promise.completeWith(result) }
        }
    }
}

/// The addresses of one host, as NIO asks for them.
struct HostAddresses: Resolver, Sendable {
    let found: EventLoopFuture<[SocketAddress]>

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        found.map { $0.filter { $0.protocol == .inet } }
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        found.map { $0.filter { $0.protocol == .inet6 } }
    }

    /// Nothing: others may wait for the same.
    func cancelQueries() {}
}
