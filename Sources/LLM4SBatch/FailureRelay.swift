import Synchronization

/// Tells the runner that the store has failed, also when it failed before there was a runner.
final class FailureRelay: Sendable {
    private enum State {
        case waiting
        case failed(String)
        case connected(@Sendable (String) -> Void)
    }

    private let state = Mutex(State.waiting)

    func report(_ reason: String) {
        let receiver = state.withLock { state -> (@Sendable (String) -> Void)? in
            if case .connected(let receiver) = state { return receiver }
            state = .failed(reason)
            return nil
        }
        receiver?(reason)
    }

    func connect(_ receiver: @escaping @Sendable (String) -> Void) {
        let reason = state.withLock { state -> String? in
            let reason: String? = if case .failed(let reason) = state { reason } else { nil }
            state = .connected(receiver)
            return reason
        }
        if let reason { receiver(reason) }
    }
}
