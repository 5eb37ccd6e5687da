import BatchStore
import BatchWatch
import Dispatch
import LLM4SBatch
import LLMStreaming
import Synchronization

/// The page of a database, while it is served: by a process of its own, or within the worker.
struct WatchSite: Sendable {
    /// Connections to the page, and files of its own, that the process must have room for.
    static let openFiles = WatchServer.Limits().connections + 32

    private let server: WatchServer
    private let database: WatchedDatabase

    /// Listens at 127.0.0.1; nothing is read before somebody asks.
    ///
    /// - Parameters:
    ///   - path: the database, which need not be there yet.
    ///   - port: 0 for one that is free.
    /// - Throws: `Exit` where the port cannot be had.
    static func open(_ path: String, port: Int) async throws(Exit) -> WatchSite {
        let database = WatchedDatabase(path: path)
        let tell = tell(path)
        do throws(WatchFault) {
            let server = try await WatchServer.start(port: port) { port in
                let routes = WatchRoutes(database, port: port, tell: tell)
                return { await routes.answer($0) }
            }
            return WatchSite(server: server, database: database)
        } catch {
            throw Exit(.input, "port \(port) cannot be served at: \(error.description)")
        }
    }

    /// The page's address.
    var url: String { server.url }

    /// Ends all answers, and closes the port and the database.
    func close() async {
        await server.stop()
        await database.close()
    }

    /// The commands that may be on their way at once; each waits for the worker on a thread of its own.
    private static let mostCommands = 8

    /// Hands commands to the worker over its socket, as `ctl` does.
    private static func tell(_ path: String) -> WatchRoutes.Tell {
        let turns = Turns(most: mostCommands)
        return { request in
            guard turns.begin() else { throw WatchProblem.busy }
            defer { turns.end() }
            let client = try await ControlClient(database: path)
            return try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async { continuation.resume(with: Result { try client.send(request) }) }
            }
        }
    }
}

/// What may be under way at once.
private final class Turns: Sendable {
    private let most: Int
    private let count = Mutex(0)

    init(most: Int) { self.most = most }

    func begin() -> Bool {
        count.withLock { count in
            guard count < most else { return false }
            count += 1
            return true
        }
    }

    func end() { count.withLock { $0 -= 1 } }
}
