/// Jobs that are given the ends of others that asked the same, beside the loop.
extension JobRunner {
    /// With so many jobs that are to be given an end no more are read.
    static let mostReleased = 65_536

    /// Has others sent for jobs that wait for one which is in nobody's hands any more, such as one whose line is gone from
    /// its file.
    ///
    /// - Returns: whether there are any.
    func freeFollowers() -> Bool {
        guard state.admission.spentBudget == nil, !state.admission.jobs.isFull else { return false }
        return state.equals.giveUpAll { state.admission.jobs.contains($0) }
    }

    /// Has jobs given the ends of others that asked the same, beside all else, while there are any.
    func giveEnds(in group: inout DiscardingTaskGroup) {
        guard state.equals.releasedCount > 0, !isGiving, state.givesEnds else { return }
        isGiving = true
        group.addTask { await self.giveEnds() }
    }

    private func giveEnds() async {
        do {
            while state.equals.releasedCount > 0, state.givesEnds {
                try await queue.giveEnds()
                signal.signal()
            }
        } catch {
            state.storeDidFail("\(error)")
        }
        isGiving = false
        signal.signal()
    }
}
