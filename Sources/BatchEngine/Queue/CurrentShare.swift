import Synchronization

/// The share that is in force: a run follows it at once, whoever changes it and from whatever thread.
///
/// One run follows it; the last to do so is told of changes.
package final class CurrentShare: Sendable, CustomStringConvertible {
    private struct State {
        var share: WorkerShare
        var changed: @Sendable () -> Void = {}
    }

    /// Where the worker's first request falls between two that follow each other at its rate: 0 is a whole interval from
    /// the start, 1 is at once.
    ///
    /// Workers that begin in the same instant, each at a place of its own, come as evenly as one.
    let phase: Double
    private let state: Mutex<State>

    /// A share.
    ///
    /// - Parameters:
    ///   - share: at first.
    ///   - phase: from 0 to 1.
    package init(_ share: WorkerShare = .whole, phase: Double = 1) {
        precondition((0...1).contains(phase), "a phase of \(phase)")
        self.phase = phase
        state = Mutex(State(share: share))
    }

    /// The share at the moment.
    package var value: WorkerShare { state.withLock { $0.share } }

    package var description: String { value.text }

    /// Changes the share; the run that follows it looks at it at once.
    package func set(_ share: WorkerShare) {
        let changed = state.withLock { state -> (@Sendable () -> Void)? in
            guard state.share != share else { return nil }
            state.share = share
            return state.changed
        }
        changed?()
    }

    /// Calls the closure whenever the share has changed; it must not block.
    func follow(_ changed: @escaping @Sendable () -> Void) { state.withLock { $0.changed = changed } }
}
