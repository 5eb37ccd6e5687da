import NIOCore
import Synchronization

/// What the answers of a transport may hold in memory together.
///
/// Each answer has bounds of its own, but a hundred answers at them would be gigabytes. An answer is counted from a
/// step on that few reach, and then once each step. Where the counted ones are over the budget, those that want more
/// are not read on until others are stored; one of them at a time may go on all the same, so that there is always one
/// that ends. Where that one falls silent another takes its place.
/// So the most is the budget, one answer, and a step for each stream.
final class MemoryBudget: Sendable {
    /// For so long the one that may go on may be silent; who waits asks again as often.
    static let turnTimeout = TimeAmount.seconds(10)

    /// The default, in bytes.
    static let defaultLimit = 256 << 20

    private struct Waiting {
        /// The one that may go on although there is no room.
        var favoured: ObjectIdentifier?
        /// When that one last wanted more; nil once it has ended.
        var favouredTime: NIODeadline?
        var queue: [(share: ObjectIdentifier, resume: @Sendable () -> Void)] = []
    }

    let limit: Int
    /// How many bytes are counted at a time.
    let step: Int
    private let held = Atomic<Int>(0)
    private let waiting = Mutex(Waiting())

    init(limit: Int = defaultLimit) {
        self.limit = limit
        step = min(max(1, limit / 64), 256 << 10)
    }

    /// The bytes counted now.
    var heldBytes: Int { held.load(ordering: .relaxed) }

    /// How many answers are not read on.
    var waitingCount: Int { waiting.withLock { $0.queue.count } }

    fileprivate func add(_ bytes: Int) { held.add(bytes, ordering: .relaxed) }

    /// Whether an answer may be read on; if not, the closure is called once it may be.
    fileprivate func mayGrow(
        _ share: MemoryShare, at now: NIODeadline, resume: @escaping @Sendable () -> Void
    ) -> Bool {
        if heldBytes <= limit { return true }
        let id = ObjectIdentifier(share)
        return waiting.withLock { waiting in
            if heldBytes <= limit { return true }
            let isSilent = waiting.favouredTime.map { now - $0 >= Self.turnTimeout } ?? false
            if waiting.favoured == nil || isSilent { waiting.favoured = id }
            if waiting.favoured == id {
                waiting.favouredTime = now
                waiting.queue.removeAll { $0.share == id }
                return true
            }
            waiting.queue.removeAll { $0.share == id }
            waiting.queue.append((id, resume))
            return false
        }
    }

    /// The answer wants no more.
    ///
    /// The favoured one stays so until it is given back: were the next one to go on at once, a store that is slow would
    /// let all of them be held.
    fileprivate func end(_ share: MemoryShare) {
        let id = ObjectIdentifier(share)
        waiting.withLock { waiting in
            waiting.queue.removeAll { $0.share == id }
            if waiting.favoured == id { waiting.favouredTime = nil }
        }
    }

    /// The answer waits no more, and is favoured no more.
    fileprivate func leave(_ share: MemoryShare) {
        let id = ObjectIdentifier(share)
        wake { waiting in
            waiting.queue.removeAll { $0.share == id }
            if waiting.favoured == id { (waiting.favoured, waiting.favouredTime) = (nil, nil) }
        }
    }

    fileprivate func release(_ bytes: Int) {
        held.subtract(bytes, ordering: .relaxed)
        wake { _ in }
    }

    /// Lets as many go on as there is room for another step of each, or else the one that comes next.
    private func wake(after change: (inout Waiting) -> Void) {
        let woken = waiting.withLock { waiting in
            change(&waiting)
            let room = max(waiting.favoured == nil ? 1 : 0, (limit - heldBytes) / step)
            let woken = waiting.queue.prefix(room)
            waiting.queue.removeFirst(woken.count)
            return woken
        }
        for waiter in woken { waiter.resume() }
    }
}

/// What one answer holds of a budget, until nobody has the answer any more.
final class MemoryShare: Sendable {
    private let budget: MemoryBudget
    private let counted = Atomic<Int>(0)

    init(_ budget: MemoryBudget) { self.budget = budget }

    deinit {
        budget.leave(self)
        budget.release(counted.load(ordering: .relaxed))
    }

    /// Counts what the answer holds now.
    ///
    /// - Returns: from how many bytes on it is to be counted again.
    func count(_ bytes: Int) -> Int {
        let steps = bytes / budget.step * budget.step
        let before = counted.exchange(steps, ordering: .relaxed)
        if steps > before { budget.add(steps - before) } else if steps < before { budget.release(before - steps) }
        return steps + budget.step
    }

    /// Whether the answer may be read on; if not, the closure is called once it may be, on any thread.
    func mayGrow(at now: NIODeadline, resume: @escaping @Sendable () -> Void) -> Bool {
        budget.mayGrow(self, at: now, resume: resume)
    }

    /// The answer came to its end: it wants no more, and holds what it has until it is stored.
    func end() { budget.end(self) }
}
