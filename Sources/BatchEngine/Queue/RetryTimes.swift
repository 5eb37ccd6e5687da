/// The jobs that wait for another attempt, by the time at which they are due.
///
/// Kept only once no other jobs may be taken up: until then the store is asked, which may have many that wait from
/// earlier runs.
package struct RetryTimes: Sendable {
    /// A job that waits.
    package struct Retry: Sendable, Equatable {
        package var jobID: Int64
        /// Unix milliseconds.
        package var due: Int64

        package init(jobID: Int64, due: Int64) {
            self.jobID = jobID
            self.due = due
        }
    }

    /// With the next one last.
    private var retries: [Retry] = []

    /// When the next is due; nil where none waits.
    var next: Int64? { retries.last?.due }

    /// Adds one.
    mutating func add(_ retry: Retry) {
        var range = 0..<retries.count
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            range =
                retries[middle].due > retry.due ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        retries.insert(retry, at: range.lowerBound)
    }

    /// Adds several.
    mutating func add(_ others: [Retry]) {
        retries += others
        retries.sort { $0.due > $1.due }
    }

    /// Removes one that is not to wait any more.
    mutating func remove(_ jobID: Int64) { retries.removeAll { $0.jobID == jobID } }

    /// Removes and returns those that are due, the longest waiting first.
    mutating func takeDue(at now: Int64, limit: Int) -> [Retry] {
        var due: [Retry] = []
        while due.count < limit, let last = retries.last, last.due <= now {
            due.append(last)
            retries.removeLast()
        }
        return due
    }
}
