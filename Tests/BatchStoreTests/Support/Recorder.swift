import Synchronization

/// Collects what a callback is given, and lets a test wait for it.
final class Recorder<Value: Sendable>: Sendable {
    private struct State: Sendable {
        var values: [Value] = []
        var waiting: [(count: Int, resume: @Sendable () -> Void)] = []
    }

    private let state = Mutex(State())

    var values: [Value] { state.withLock { $0.values } }

    func record(_ value: Value) {
        let ready = state.withLock { state -> [@Sendable () -> Void] in
            state.values.append(value)
            let count = state.values.count
            let ready = state.waiting.filter { $0.count <= count }.map(\.resume)
            state.waiting.removeAll { $0.count <= count }
            return ready
        }
        for resume in ready { resume() }
    }

    /// Waits until there are `count` values.
    func wait(for count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                let isThere = state.values.count >= count
                if !isThere { state.waiting.append((count, { continuation.resume() })) }
                return isThere
            }
            if isThere { continuation.resume() }
        }
    }
}
