/// What admission shows of itself.
extension Admission {
    /// Jobs that were tried in this run and wait for another try.
    var waitingCount: Int {
        lanes.providers.reduce(0) { sum, provider in provider.models.reduce(sum) { $0 + $1.queue.waiting.count } }
    }

    /// How many jobs are read at once: enough to keep the streams busy, and few where many lanes hold a page each.
    var pageSize: Int { max(2, min(128, max(16, configuration.concurrency)) * 4 / max(4, lanes.count)) }

    /// What jobs that could be sent wait for.
    ///
    /// - Parameters:
    ///   - now: since the run's start.
    ///   - unixMilliseconds: the wall clock then.
    ///   - isTold: which of them to tell.
    func waits(
        at now: Duration, unixMilliseconds: @autoclosure () -> Int64,
        where isTold: (WaitReason, _ until: Duration?) -> Bool = { _, _ in true }
    ) -> [RunWait] {
        var found: [RunWait] = []
        func add(
            _ name: @autoclosure () -> String, _ wait: (reason: WaitReason, until: Duration?)?, _ gate: borrowing Gate
        ) -> Bool {
            guard let wait, wait.until.map({ $0 > now }) ?? true else { return false }
            let limit =
                switch wait.reason {
                case .refusals: gate.limit(at: now)
                case .width: gate.silent.limit(gate.width.bound, at: now)
                default: StreamLimit?.none
                }
            if wait.reason == .refusals, limit == nil { return false }
            if isTold(wait.reason, wait.until) || wait.reason == .width && limit != nil {
                let until = wait.until.map { unixMilliseconds() + ($0 - now).wholeMilliseconds }
                found.append(RunWait(name: name(), reason: wait.reason, untilMilliseconds: until, limit: limit))
            }
            return true
        }
        if isFull, let limit = silent.limit(configuration.concurrency, at: now) {
            found.append(RunWait(name: RunWait.nameOfRun, reason: .width, limit: limit))
        }
        for provider in lanes.providers {
            if add(provider.name, provider.wait, provider.gate) { continue }
            for model in provider.models { _ = add(model.name.name, model.wait, model.gate) }
        }
        return found
    }

    /// The user's bound that keeps jobs from being sent; nil where none does.
    var spentBudget: String? {
        guard ledger.isBounded else { return nil }
        let isSpent = lanes.providers.contains { $0.models.contains { $0.wait?.reason == .budget } }
        return isSpent ? ledger.bound : nil
    }
}
