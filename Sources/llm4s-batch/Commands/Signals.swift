import Dispatch
import Synchronization
import SystemCalls

/// SIGINT, SIGTERM and SIGHUP as values: which came first, and a call for each that comes.
///
/// Unchecked: the sources are made and started in the initialiser and after that only kept alive.
final class Signals: @unchecked Sendable {
    private struct Received {
        var first: Int32?
        var count = 0
    }

    private let received = Mutex(Received())
    private let sources: [any DispatchSourceSignal]

    /// Takes the signals over from their defaults, for the rest of the program's life.
    ///
    /// One that is ignored from the start stays so: `nohup` means that a closed terminal is no reason to stop.
    ///
    /// - Parameter receive: called for each signal with its count, from 1, on a queue of its own.
    init(_ receive: @escaping @Sendable (_ count: Int) -> Void) {
        let queue = DispatchQueue(label: "llm4s-batch.signals")
        let numbers = [SIGINT, SIGTERM] + (Self.isIgnored(SIGHUP) ? [] : [SIGHUP])
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: queue)
        }
        for (source, number) in zip(sources, numbers) {
            source.setEventHandler { [weak self] in
                guard let self else { return }
                let count = received.withLock { received in
                    received.first = received.first ?? number
                    received.count += 1
                    return received.count
                }
                receive(count)
            }
            source.resume()
        }
    }

    /// The exit status that the first signal asks for; nil where none came.
    var exitStatus: ExitStatus? {
        switch received.withLock({ $0.first }) {
        case SIGINT: .interrupted
        case SIGTERM: .terminated
        case SIGHUP: .hungUp
        default: nil
        }
    }

    /// The first signal's name; nil where none came.
    var name: String? {
        switch received.withLock({ $0.first }) {
        case SIGINT: "SIGINT"
        case SIGTERM: "SIGTERM"
        case SIGHUP: "SIGHUP"
        default: nil
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        let handler = signal(number, SIG_IGN)
        signal(number, handler)
        return unsafe (unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self))
    }
}
