import NIOCore
import Synchronization

/// Whether the making of a connection takes so long that it may hang: told once, and not after its end.
final class SetUpPace: Sendable {
    /// More than handshakes take around the world.
    static let patience = TimeAmount.seconds(1)

    private enum State {
        case underWay
        case slow
        case over
    }

    private let state = Mutex(State.underWay)

    /// Takes that it takes long.
    ///
    /// - Returns: whether it is still under way.
    func becomeSlow() -> Bool {
        state.withLock { state in
            guard case .underWay = state else { return false }
            state = .slow
            return true
        }
    }

    /// Takes its end.
    ///
    /// - Returns: whether it had become slow.
    func end() -> Bool {
        state.withLock { state in
            defer { state = .over }
            if case .slow = state { return true } else { return false }
        }
    }
}
