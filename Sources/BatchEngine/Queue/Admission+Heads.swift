// What stands at the front of the queues.
extension Admission {
    /// A model of a provider whose queue must be read before it is known whether it has any job to send; nil where one is
    /// at hand.
    mutating func modelToRead(of provider: Int, _ unixMilliseconds: Int64) -> ModelPlace? {
        var unread: ModelPlace?
        for (position, model) in providers[provider].models.enumerated() where model.stopReason == nil {
            if dropHeads(model) || model.queue.needsReading(at: unixMilliseconds, isAhead: readsAhead) {
                unread = unread ?? ModelPlace(provider: provider, model: position)
            } else if !model.queue.isEmpty {
                return nil
            }
        }
        return unread
    }

    /// Removes what may not be sent, from the front of a queue: cancelled jobs, jobs in work, which are seen again where
    /// they do not wait between two attempts, and new ones beyond the user's bound.
    ///
    /// - Returns: whether the model's jobs at hand came to their end by that.
    mutating func dropHeads(_ model: ModelState) -> Bool {
        var isDropped = false
        if jobs.isFull, !model.queue.isInInputOrder, !model.queue.fresh.isEmpty {
            let left = model.queue.leaveFresh { [cancelled, jobs] id in cancelled.contains(id) || jobs.contains(id) }
            isDropped = left.count > 0
            if left.isAnyOpen { leaveAlone() }
        }
        while let id = model.queue.headID {
            let isCancelled = !cancelled.isEmpty && cancelled.contains(id)
            let isTooMany = jobs.isFull && !model.queue.waiting.contains(id)
            guard isCancelled || isTooMany || jobs.contains(id) else { return false }
            guard let taken = model.queue.take()?.job else { return false }
            isDropped = true
            if isTooMany, !isCancelled, !jobs.contains(taken.id) { leaveAlone() }
        }
        return isDropped
    }
}
