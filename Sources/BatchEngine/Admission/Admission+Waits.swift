/// What admission shows of itself.
extension Admission {
    /// Jobs that were tried in this run and wait for another try.
    var waitingCount: Int {
        providers.reduce(0) { sum, provider in provider.models.reduce(sum) { $0 + $1.queue.waiting.count } }
    }

    /// How many jobs are read at once: enough to keep the streams busy, and few where many lanes hold a page each.
    var pageSize: Int {
        let lanes = providers.reduce(0) { $0 + $1.models.count }
        return max(2, min(128, max(16, configuration.concurrency)) * 4 / max(4, lanes))
    }

    /// What jobs that could be sent wait for.
    ///
    /// - Parameters:
    ///   - unixMilliseconds: the wall clock at `now`.
    ///   - now: since the run's start.
    func waits(unixMilliseconds: Int64, at now: Duration) -> [RunWait] {
        func wait(_ name: String, _ wait: (reason: WaitReason, until: Duration?)) -> RunWait? {
            if let until = wait.until, until <= now { return nil }
            return RunWait(
                name: name, reason: wait.reason,
                untilMilliseconds: wait.until.map { unixMilliseconds + ($0 - now).wholeMilliseconds })
        }
        return providers.flatMap { provider -> [RunWait] in
            if let own = provider.wait, let shown = wait(provider.name, own) { return [shown] }
            return provider.models.compactMap { model in model.wait.flatMap { wait(model.lane.name, $0) } }
        }
    }
}
