import Dispatch
import Foundation
import Synchronization

/// SIGINT and SIGTERM as values: which came first, and a call for each that comes.
///
/// Unchecked: the sources are made and started in the initialiser and after that only kept alive.
final class Signals: @unchecked Sendable {
    private struct Received {
        var first: Int32?
        var count = 0
    }

    private let received = Mutex(Received())
    private let sources: [any DispatchSourceSignal]

    /// Takes the two signals over from their defaults, for the rest of the program's life.
    ///
    /// - Parameter receive: called for each signal with its count, from 1, on a queue of its own.
    init(_ receive: @escaping @Sendable (_ count: Int) -> Void) {
        let queue = DispatchQueue(label: "llm4s-batch.signals")
        let numbers = [SIGINT, SIGTERM]
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
        default: nil
        }
    }
}
