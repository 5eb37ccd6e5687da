import NIOCore
import Synchronization

/// Runs a server's capacity by the clock: tells each response when its tokens are there, and wakes it when that changes.
final class CapacityScheduler: Sendable {
    private struct State {
        var capacity: Capacity
        /// Called, on any thread, when a request's tokens may come sooner than was said.
        var watchers: [Int: @Sendable () -> Void] = [:]
        var timer: (due: NIODeadline, task: Scheduled<Void>)?
        var isStopped = false
    }

    /// A wait without an end that is known; the request is woken before.
    private static let longestWait = TimeAmount.hours(1)

    private let loop: any EventLoop
    private let state: Mutex<State>

    init(_ limits: CapacityLimits, loop: any EventLoop) {
        self.loop = loop
        state = Mutex(State(capacity: Capacity(limits, now: .now())))
    }

    /// What was counted so far.
    var statistics: CapacityStatistics { update { capacity, _ in capacity.statistics } }

    /// The page of metrics.
    func metrics(modelName: String) -> String {
        CapacityMetrics(statistics: statistics, modelName: modelName).text
    }

    /// Takes a request.
    ///
    /// - Throws: 503 where the queue is full, 400 where the cache could never hold it.
    func arrive(
        _ request: Int, prompt: PromptBlocks, outputTokens: Int
    ) throws(ProviderFailure) -> CapacityTicket {
        let refusal: Capacity.Refusal? = update { capacity, now in
            do throws(Capacity.Refusal) {
                try capacity.arrive(request, prompt: prompt, outputTokens: outputTokens, at: now)
                return nil
            } catch {
                return error
            }
        }
        switch refusal {
        case nil: return CapacityTicket(request: request, scheduler: self)
        case .queueFull(let waiting):
            throw ProviderFailure(status: 503, message: "The server is overloaded: \(waiting) requests wait already.")
        case .tooLong(let tokens, let maximum):
            throw ProviderFailure(
                status: 400,
                message: "This model's maximum context length is \(maximum) tokens. However, prompt and answer have "
                    + "\(tokens) tokens.")
        }
    }

    /// Ends a request.
    func leave(_ request: Int) {
        state.withLock { $0.watchers[request] = nil }
        update { capacity, now in capacity.leave(request, at: now) }
    }

    func change(_ change: (inout CapacityLimits) -> Void) {
        update { capacity, now in
            var limits = capacity.limits
            change(&limits)
            capacity.change(limits, at: now)
        }
    }

    /// The time before which a number of tokens are not there; nil where they are.
    func wait(forTokens tokens: Int, of request: Int) -> NIODeadline? {
        update { capacity, now in
            switch capacity.wait(forTokens: tokens, of: request) {
            case .over: nil
            case .until(let time): time
            case .unknown: now + Self.longestWait
            }
        }
    }

    func cachedTokens(of request: Int) -> Int { state.withLock { $0.capacity.cachedTokens(of: request) ?? 0 } }

    /// Calls `wake`, on any thread, when a request's tokens may come sooner than was said.
    func watch(_ request: Int, _ wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.watchers[request] = wake }
    }

    /// Wakes nobody any more, before the event loops end.
    func stop() {
        let timer = state.withLock {
            $0.isStopped = true
            return $0.timer?.task
        }
        timer?.cancel()
    }

    /// Brings the capacity up to date, makes a change, and wakes whom it concerns.
    @discardableResult
    private func update<Result: Sendable>(_ change: (inout Capacity, NIODeadline) -> Result) -> Result {
        let (result, wakes) = state.withLock { state in
            // Read under the lock, so that no two threads' times come in the wrong order.
            let now = NIODeadline.now()
            state.capacity.advance(to: now)
            let result = change(&state.capacity, now)
            setTimer(&state, now: now)
            let sooner = state.capacity.takeSooner()
            return (result, state.isStopped ? [] : sooner.compactMap { state.watchers[$0] })
        }
        for wake in wakes { wake() }
        return result
    }

    private func setTimer(_ state: inout State, now: NIODeadline) {
        if let timer = state.timer, timer.due <= now { state.timer = nil }
        guard !state.isStopped, let due = state.capacity.nextEvent else { return }
        // One that comes too early only sets the next one.
        if let timer = state.timer {
            guard due < timer.due else { return }
            timer.task.cancel()
        }
        state.timer = (due, loop.scheduleTask(deadline: due) { [weak self] in self?.tick() })
    }

    private func tick() { update { _, _ in () } }
}
