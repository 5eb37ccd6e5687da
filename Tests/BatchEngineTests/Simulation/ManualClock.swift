import Synchronization

/// A clock that stands still until it is moved: to the next time that anybody waits for, or by hand.
final class ManualClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        /// Since the clock was made.
        var nanoseconds: Int64

        func advanced(by duration: Duration) -> Instant {
            Instant(nanoseconds: nanoseconds + Self.nanoseconds(duration))
        }
        func duration(to other: Instant) -> Duration { .nanoseconds(other.nanoseconds - nanoseconds) }
        static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

        private static func nanoseconds(_ duration: Duration) -> Int64 {
            let (seconds, attoseconds) = duration.components
            return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        }
    }

    private enum Event {
        case sleeper(CheckedContinuation<Void, any Error>)
        case action(@Sendable () -> Void)
    }

    private struct Timeline {
        var now = Instant(nanoseconds: 0)
        var queue = EventQueue()
        var events: [Int: Event] = [:]
        /// Sleepers whose task was cancelled before they lay down.
        var cancelled: Set<Int> = []
        var nextNumber = 0
        /// The most events that were ahead at once.
        var peak = 0

        mutating func newNumber() -> Int {
            nextNumber += 1
            return nextNumber
        }
    }

    private let timeline = Mutex(Timeline())

    var now: Instant { timeline.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }

    /// How long the clock has run.
    var elapsed: Duration { .nanoseconds(now.nanoseconds) }

    /// The most sleepers and actions that were ahead at once.
    var peak: Int { timeline.withLock { $0.peak } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await sleep(until: deadline, as: newSleeper())
    }

    /// The number of one who may be woken by it; see `giveUp`.
    func newSleeper() -> Int { timeline.withLock { $0.newNumber() } }

    /// Ends a sleep, also one that is still to begin, as if its task were cancelled.
    func giveUp(_ number: Int) {
        let event = timeline.withLock { timeline -> Event? in
            guard let event = timeline.events.removeValue(forKey: number) else {
                timeline.cancelled.insert(number)
                return nil
            }
            return event
        }
        if case .sleeper(let sleeper) = event { sleeper.resume(throwing: CancellationError()) }
    }

    /// Sleeps under a number.
    func sleep(until deadline: Instant, as number: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (sleeper: CheckedContinuation<Void, any Error>) in
                let isOver = timeline.withLock { timeline in
                    if timeline.cancelled.remove(number) != nil { return true }
                    timeline.events[number] = .sleeper(sleeper)
                    timeline.queue.insert(deadline.nanoseconds, number)
                    timeline.peak = max(timeline.peak, timeline.events.count)
                    return false
                }
                if isOver { sleeper.resume(throwing: CancellationError()) }
            }
        } onCancel: {
            giveUp(number)
        }
        _ = timeline.withLock { $0.cancelled.remove(number) }
    }

    /// Calls a closure when the clock has moved on so far.
    func after(_ duration: Duration, _ action: @escaping @Sendable () -> Void) {
        timeline.withLock { timeline in
            let number = timeline.newNumber()
            timeline.events[number] = .action(action)
            timeline.queue.insert(timeline.now.advanced(by: duration).nanoseconds, number)
        }
    }

    /// Moves to the next time that anybody waits for, if that is not after `limit`, and wakes the first who does.
    func moveToNext(until limit: Instant? = nil) -> Bool {
        let event = timeline.withLock { timeline -> Event? in
            while let first = timeline.queue.first {
                guard let event = timeline.events[first.number] else {
                    timeline.queue.removeFirst()
                    continue
                }
                if let limit, first.time > limit.nanoseconds { return nil }
                timeline.queue.removeFirst()
                timeline.events[first.number] = nil
                timeline.now.nanoseconds = max(timeline.now.nanoseconds, first.time)
                return event
            }
            return nil
        }
        switch event {
        case nil: return false
        case .sleeper(let sleeper): sleeper.resume()
        case .action(let action): action()
        }
        return true
    }

    /// Moves on although nobody waits.
    func move(to instant: Instant) {
        timeline.withLock { $0.now = max($0.now, instant) }
    }
}

/// Numbers by time, the earliest first, of equal times the least: a binary heap.
private struct EventQueue {
    private var entries: [(time: Int64, number: Int)] = []

    var first: (time: Int64, number: Int)? { entries.first }

    mutating func insert(_ time: Int64, _ number: Int) {
        entries.append((time, number))
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child] < entries[parent] else { return }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < entries.count && entries[child] < entries[least] { least = child }
            guard least != parent else { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
