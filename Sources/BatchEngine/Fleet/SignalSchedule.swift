/// Where a server may have its metrics.
package enum MetricsAddress: Sendable, Equatable, CaseIterable {
    /// `/metrics`.
    case usual
    /// `/prometheus/metrics` (trtllm-serve).
    case prometheus

    /// What follows the server's root.
    package var path: String {
        switch self {
        case .usual: "/metrics"
        case .prometheus: "/prometheus/metrics"
        }
    }
}

/// When a server is asked for its load, and where: each second while it tells it, once a minute where it does not.
///
/// A server that has told its load and is late or away is asked again soon, and then ever more rarely: its metrics are
/// late just when it has much to do.
package struct SignalSchedule: Sendable, Equatable {
    private enum State: Equatable {
        /// It is not known whether it has metrics.
        case looking
        /// It has told its load, but not the last times.
        case served(missed: Int)
    }

    /// The time from one answer to the next question.
    package static let interval = Duration.seconds(1)
    /// The time after which a server that has no metrics is asked whether it has some now.
    package static let pause = Duration.seconds(60)
    /// So often in a row a server that has told its load may stay silent before it is one without metrics.
    private static let maximumMissed = 6

    /// Where it is to be asked next.
    package private(set) var address = MetricsAddress.usual
    private var state = State.looking

    /// A server that was never asked.
    package init() {}

    /// Notes what came of a question.
    ///
    /// - Parameter isServed: whether it told its load.
    /// - Returns: how long to wait before the next question; nothing where another address is to be tried.
    package mutating func asked(isServed: Bool) -> Duration {
        if isServed {
            state = .served(missed: 0)
            return Self.interval
        }
        switch state {
        case .looking where address == .usual:
            address = .prometheus
            return .zero
        case .served(let missed) where missed < Self.maximumMissed:
            state = .served(missed: missed + 1)
            return Self.interval * (1 << missed)
        case .looking, .served:
            (state, address) = (.looking, .usual)
            return Self.pause
        }
    }
}
