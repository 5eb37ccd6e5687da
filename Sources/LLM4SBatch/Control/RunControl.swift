import BatchEngine
import BatchStore
import LLMStreaming
import Synchronization

/// Tells a run what changes while it goes on: the one way for programs and for the command `ctl` (Contract, "Control").
package final class RunControl: Sendable {
    private struct State {
        /// The run that goes on; nil where none does.
        var run: ControlledRun?
        /// The command that is being done, or was the last: the next one waits for it.
        var newest: Task<Result<ControlAnswer, ControlFault>, Never>?
        /// Whether the newest run was told to drain.
        var isDrained = false
        /// Whether what earlier runs have spent is counted against its budget.
        var countsSpending = false
    }

    private let state = Mutex(State())

    package init() {}

    /// A run begins.
    ///
    /// - Parameter countsSpending: whether what earlier runs have spent is counted from the start.
    func connect(_ run: ControlledRun, countsSpending: Bool) {
        state.withLock { $0 = State(run: run, newest: $0.newest, countsSpending: countsSpending) }
    }

    /// The run ends: it is told nothing more.
    func disconnect() { state.withLock { $0.run = nil } }

    /// Whether what jobs spent in earlier runs is to be counted when they come into scope.
    var countsSpending: Bool { state.withLock { $0.countsSpending } }

    /// What a drained run ends with, where work is left.
    var interruption: SessionResult.Interruption? {
        guard state.withLock({ $0.isDrained }) else { return nil }
        return SessionResult.Interruption(exitCode: 4, reason: "since it was told to drain", needsWorkLeft: true)
    }

    /// Tells the run something.
    ///
    /// - Returns: once it holds, and is stored with its time.
    /// - Throws: why it cannot hold; the run is then as it was.
    package func perform(_ request: ControlRequest) async throws(ControlFault) -> ControlAnswer {
        // How it stands can be asked while streams are being closed.
        if request.command == .status { return try await done(request) }
        let task = state.withLock { state in
            let task = Task { [before = state.newest] in
                _ = await before?.value
                do throws(ControlFault) { return Result<_, ControlFault>.success(try await done(request)) } catch {
                    return Result.failure(error)
                }
            }
            state.newest = task
            return task
        }
        return try await task.value.get()
    }

    private func done(_ request: ControlRequest) async throws(ControlFault) -> ControlAnswer {
        guard let run = state.withLock({ $0.run }) else { throw ControlFault(.ended, "no run is under way") }
        do {
            var answer = ControlAnswer(request)
            try await perform(request.command, of: run, &answer)
            answer.streams = await run.runner.snapshot.running
            answer.text = answer.sentence
            guard request.command != .status else { return answer }
            run.changed(answer)
            try await run.database.record(
                RunChange(
                    command: request.command.name.rawValue, value: request.command.value, isKept: request.isKept,
                    streamsOver: answer.streamsOver),
                ofRun: run.runID)
            return answer
        } catch let fault as ControlFault {
            throw fault
        } catch {
            // The store has failed, and the run ends for that.
            throw ControlFault(.ended, "the run ends: \(error)")
        }
    }

    private func perform(
        _ command: ControlCommand, of run: ControlledRun, _ answer: inout ControlAnswer
    ) async throws {
        switch command {
        case .pause: answer.streamsOver = await run.runner.pause()
        case .proceed: await run.runner.resume()
        case .drain:
            state.withLock { $0.isDrained = true }
            run.stopIntake()
            answer.streamsOver = await run.runner.drain()
        case .concurrency(let streams):
            let most = streams.count ?? run.mostFound.streams
            if let fault = run.faultOfStreams(most) {
                throw ControlFault.usage(
                    streams == .auto ? "auto may open as many as --concurrency-max: \(fault)" : fault)
            }
            answer.streamsOver = await run.runner.set(
                concurrency: most,
                rule: streams == .auto ? .found(most: most, firstTokenTarget: run.mostFound.firstToken) : .fixed)
        case .rate(let resource, let provider, let perMinute):
            try await run.check(provider)
            await run.runner.set(resource, perMinute: perMinute, of: provider)
        case .maximumCost(let cost): answer.streamsOver = try await set(maximumCost: cost, of: run)
        case .cancel(let ids): try await run.cancel(ids, &answer)
        case .now(let ids): answer.jobs = try await run.sendNext(ids)
        case .status: answer.status = try await run.status()
        }
    }

    private func set(maximumCost: Double?, of run: ControlledRun) async throws -> Int {
        var earlier = 0.0
        if maximumCost != nil {
            try await run.checkPrices()
            // First: jobs that come into scope from now on are counted as they come.
            let isFirst = state.withLock { state in
                defer { state.countsSpending = true }
                return !state.countsSpending
            }
            if isFirst { earlier = try await run.earlierCost() }
        }
        return await run.runner.set(costCap: maximumCost.map { $0 * run.budgetPart }, earlier: earlier)
    }
}
