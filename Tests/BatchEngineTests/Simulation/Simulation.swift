import Synchronization
import Testing

/// Tasks over a clock that moves when all of them wait: no thread, no real time.
struct Simulation: Sendable {
    let clock = ManualClock()
    let executor = SimulationExecutor()

    /// Unix milliseconds of the clock's start.
    static let epoch: Int64 = 1_700_000_000_000

    /// The time as a wall clock tells it.
    var unixMilliseconds: @Sendable () -> Int64 {
        { [clock] in Self.epoch + clock.now.nanoseconds / 1_000_000 }
    }

    /// A task that runs in the simulation.
    final class Process<Value: Sendable>: Sendable {
        private let result = Mutex<Value?>(nil)
        private let task = Mutex<Task<Void, Never>?>(nil)

        /// What it returned; nil while it runs.
        var value: Value? { result.withLock { $0 } }

        func cancel() { task.withLock { $0 }?.cancel() }

        fileprivate func start(on executor: SimulationExecutor, _ body: @escaping @Sendable () async -> Value) {
            let started = Task(executorPreference: executor) {
                let value = await body()
                self.result.withLock { $0 = value }
            }
            task.withLock { $0 = started }
        }
    }

    /// Starts a task and lets it run until it waits.
    func start<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Process<Value> {
        let process = Process<Value>()
        process.start(on: executor, body)
        settle()
        return process
    }

    /// Runs a task that needs no time, such as a call of an actor.
    func perform<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) throws -> Value {
        let process = start(body)
        return try #require(process.value, "a call that should not wait waits")
    }

    /// Runs until everybody waits, without moving the clock.
    func settle() {
        if !executor.drain(maximumJobs: 50_000_000) { Issue.record("a task spins at \(clock.elapsed)") }
    }

    /// Moves the clock on by a duration, waking everybody whose time comes.
    func advance(by duration: Duration) {
        let end = clock.now.advanced(by: duration)
        settle()
        while clock.moveToNext(until: end) { settle() }
        clock.move(to: end)
        settle()
    }

    /// Moves the clock on until the task has ended, and returns what it returned.
    ///
    /// A task that nobody would ever wake, or that still runs after `limit`, fails the test instead of holding it.
    func finish<Value>(_ process: Process<Value>, limit: Duration = .seconds(30 * 86_400)) throws -> Value {
        let end = clock.now.advanced(by: limit)
        settle()
        while process.value == nil, clock.moveToNext(until: end) { settle() }
        return try #require(process.value, "nobody wakes the task any more at \(clock.elapsed)")
    }
}
