import CLoadSource
import Foundation

/// `mock --load`: the lean source of load, until a signal.
struct LoadSource {
    var port: Int

    /// Prints the base URL and serves; returns the status that the signal asks for.
    func serve() async throws -> ExitStatus {
        var port = Int32(port)
        let listener = unsafe cloadsource_listen(&port)
        guard listener >= 0 else {
            throw Exit(.input, "port \(port) cannot be listened at: \(unsafe String(cString: strerror(errno)))")
        }
        let (failures, continuation) = AsyncStream.makeStream(of: Int32.self)
        let signals = Signals { _ in continuation.finish() }
        Console.output("http://127.0.0.1:\(port)/v1")
        Thread.detachNewThread {
            // It ends with the process.
            _ = cloadsource_serve(listener)
            continuation.yield(errno)
            continuation.finish()
        }
        for await failure in failures {
            throw Exit(.input, "the source of load failed: \(unsafe String(cString: strerror(failure)))")
        }
        return signals.exitStatus ?? .completed
    }
}
