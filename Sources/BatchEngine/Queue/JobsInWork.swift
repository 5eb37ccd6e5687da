/// Which jobs a run has taken up, and how many it may.
struct JobsInWork: Sendable {
    /// Jobs that the store shall not hand out: those in work, whose last change may not be committed yet.
    private(set) var excluded: Set<Int64> = []
    /// Whether a job was left alone since as many were taken up as the user allows.
    private(set) var isOverMaximum = false
    private let maximumJobs: Int?
    private var takenUp = 0

    /// - Parameter maximumJobs: the most jobs to take up; nil for all.
    init(maximumJobs: Int?) { self.maximumJobs = maximumJobs }

    /// Whether no job may be taken up that this run has not sent.
    var isFull: Bool { maximumJobs.map { takenUp >= $0 } ?? false }

    /// How many jobs are in work: taken, and their last change not committed yet.
    var count: Int { excluded.count }

    func contains(_ id: Int64) -> Bool { excluded.contains(id) }

    mutating func begin(_ id: Int64, isNew: Bool) {
        if isNew { takenUp += 1 }
        excluded.insert(id)
    }

    mutating func finish(_ id: Int64) {
        guard excluded.remove(id) != nil else { preconditionFailure("job \(id) is not in work") }
    }

    /// Leaves a job alone that would be one too many: the store is not asked for such again.
    mutating func leaveAlone() { isOverMaximum = true }
}

/// The attempt of a job that is in work: of which model it is, and what it was charged.
struct AdmittedAttempt: Sendable {
    /// Where its model is.
    let place: ModelPlace
    /// Which of its provider's endpoints it was sent to.
    let endpoint: Int
    var size: RequestSize
    /// The bytes that the estimate was made of.
    let bytes: Int
    /// What is set aside for it.
    var reservation = Reservation.none
    /// Whether what it used up is recorded in place of that.
    var isSettled = false
    /// When it began, since the run's start.
    var started: Duration
    /// Its number among all attempts of the run: several begin in the same instant.
    var order: Int
    /// Whether its stream is open.
    var isOpen = true
    /// How many chunks had come when it was last looked at, and since when it has been so many.
    var chunks = 0
    var quietSince: Duration
    /// Whether that is too long: it may never end.
    var isSilent = false
}

/// Where a model is kept: positions never change.
struct ModelPlace: Sendable, Hashable {
    var provider: Int
    var model: Int
}
