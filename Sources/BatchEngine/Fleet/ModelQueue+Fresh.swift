// The jobs of a model that never waited, where those that begin alike stand together and go where their beginning is kept.
extension ModelQueue {
    /// Whether the order of the input holds: then nothing has to be picked.
    var isInInputOrder: Bool { fresh.order == .input }

    /// The group whose first job is the head, while no other job goes before.
    var nextGroup: FreshJobs.Group? {
        if let pick, fresh.has(pick.group) { return pick.group }
        return fresh.first
    }

    /// Whether more jobs are to be at hand: those that begin alike are found among them.
    var hasRoomAhead: Bool {
        fresh.hasChains && fresh.count < readAhead.jobs && fresh.requestBytes < readAhead.bytes
    }

    /// Adds the jobs that were read, behind those at hand.
    mutating func add(read jobs: [Job]) { fresh.add(jobs) }

    /// Picks the new job that comes next, and where it goes.
    ///
    /// - Parameters:
    ///   - free: the endpoints that may take one more stream.
    ///   - isLeftOut: whether a job may not be sent: it is dropped.
    /// - Returns: the endpoint, or what has to be waited for.
    mutating func pick(
        _ free: [EndpointLoad], at now: Duration, isLeftOut: (Int64) -> Bool
    ) -> (endpoint: Int, decision: StartDecision) {
        pick = nil
        while true {
            switch fresh.next(free, at: now) {
            case .send(let group, let endpoint):
                if let id = fresh.withHead(of: group, { $0.id }), isLeftOut(id) {
                    _ = fresh.drop(group)
                    continue
                }
                pick = (group, endpoint)
                return (endpoint, .now)
            case .wait(let until?): return (0, .later(max(until, now + .milliseconds(1)), .warming))
            case .wait(nil): return (0, .held(.warming))
            }
        }
    }

    /// Removes the new job that comes next.
    ///
    /// - Parameter endpoint: where it is sent; nil where it is not.
    mutating func takeFresh(for endpoint: Int?, at now: Duration) -> Job? {
        guard let group = nextGroup else { return nil }
        pick = nil
        guard let endpoint else { return fresh.drop(group) }
        return fresh.take(group, for: endpoint, at: now)
    }

    /// Leaves the new jobs alone that this run has not sent before.
    ///
    /// - Parameter isClosed: whether a job would not be sent anyway.
    /// - Returns: how many they are, and whether any of them would be.
    mutating func leaveFresh(_ isClosed: (Int64) -> Bool) -> (count: Int, isAnyOpen: Bool) {
        let waiting = waiting
        var isAnyOpen = false
        let count = fresh.remove { id in
            if waiting.contains(id) { return false }
            isAnyOpen = isAnyOpen || !isClosed(id)
            return true
        }
        return (count, isAnyOpen)
    }

    /// Whether others wait for the first token of a job.
    func isWarming(_ jobID: Int64) -> Bool { fresh.homes.isWarming(jobID) }
}
