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
        let (stopped, continuation) = AsyncStream.makeStream(of: Void.self)
        let signals = Signals { _ in continuation.finish() }
        Console.output("http://127.0.0.1:\(port)/v1")
        Thread.detachNewThread {
            // It ends with the process.
            var stop = false
            _ = unsafe cloadsource_serve(listener, &stop)
            continuation.finish()
        }
        for await _ in stopped {}
        return signals.exitStatus ?? .completed
    }
}
