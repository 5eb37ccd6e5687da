import Dispatch
import Synchronization
import SystemCalls

/// SIGINT, SIGTERM and SIGHUP as values: which came first, and a call for each that comes.
final class Signals: Sendable {
    /// The first of them, and how many came.
    private final class Received: Sendable {
        private let state = Mutex<(first: Int32?, count: Int)>((nil, 0))

        var first: Int32? { state.withLock { $0.first } }

        func add(_ number: Int32) -> Int {
            state.withLock { state in
                state = (state.first ?? number, state.count + 1)
                return state.count
            }
        }
    }

    private let received: Received
    private let sources: [SignalSource]

    /// Takes the signals over from their defaults, for as long as this is kept.
    ///
    /// One that is ignored from the start stays so: `nohup` means that a closed terminal is no reason to stop.
    ///
    /// - Parameter receive: called for each signal with its count, from 1, on a queue of its own.
    init(_ receive: @escaping @Sendable (_ count: Int) -> Void) {
        let queue = DispatchQueue(label: "llm4s-batch.signals")
        let received = Received()
        self.received = received
        sources = ([SIGINT, SIGTERM] + (Self.isIgnored(SIGHUP) ? [] : [SIGHUP])).map { number in
            SignalSource(number, queue: queue) { receive(received.add(number)) }
        }
    }

    /// The exit status that the first signal asks for; nil where none came.
    var exitStatus: ExitStatus? {
        switch received.first {
        case SIGINT: .interrupted
        case SIGTERM: .terminated
        case SIGHUP: .hungUp
        default: nil
        }
    }

    /// The first signal's name; nil where none came.
    var name: String? {
        switch received.first {
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
