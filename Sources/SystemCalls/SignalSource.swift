package import Dispatch

/// A signal in place of whose default a call comes, for as long as this is kept.
///
/// Unchecked: the source is made and started in the initialiser and after that only kept alive.
package final class SignalSource: @unchecked Sendable {
    private let source: any DispatchSourceSignal

    /// Takes a signal over: when this returns none is lost any more, and one that comes before has its default.
    ///
    /// - Parameters:
    ///   - queue: where the calls come; not the queue of the caller, which waits here.
    ///   - receive: called for each signal.
    package init(_ number: Int32, queue: DispatchQueue, receive: @escaping @Sendable () -> Void) {
        source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler(handler: receive)
        // Dispatch takes a signal over on a thread of its own, later than `resume`. To ignore the signal until then
        // would be to lose it: a SIGTERM of the first milliseconds once left a program running.
        let registered = DispatchSemaphore(value: 0)
        source.setRegistrationHandler { registered.signal() }
        source.resume()
        registered.wait()
        #if canImport(Darwin)
            // There a source only watches: the default would still come.
            signal(number, SIG_IGN)
        #endif
    }

    deinit { source.cancel() }
}
