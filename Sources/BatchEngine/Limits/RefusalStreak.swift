/// Refusals (402, 403) of different jobs in a row, with no success between: from three on they are of the provider and
/// not of the jobs (SPEC 7).
struct RefusalStreak: Sendable {
    private static let maximumJobs = 3
    private var jobs: Set<Int64> = []

    /// Whether the provider refuses everybody.
    var isOfEverybody: Bool { jobs.count >= Self.maximumJobs }

    mutating func refused(_ jobID: Int64) {
        if jobs.count < Self.maximumJobs { jobs.insert(jobID) }
    }

    mutating func succeeded() { jobs.removeAll() }
}
