/// How far the wish to stop a run has gone; it only ever goes further.
enum RunStop: Equatable {
    case none
    /// No more jobs are taken up; open streams end by themselves.
    case intake(RunEnding)
    /// The same, and what is still open at the deadline, since the run's start, is closed.
    case draining(until: Duration)
    /// Everything open is closed.
    case now

    /// Takes a limit of the user's that is reached.
    mutating func endIntake(_ reason: RunEnding) {
        if self == .none { self = .intake(reason) }
    }

    /// Takes the wish to stop: the first gives open streams until the deadline, the second closes them.
    mutating func request(deadline: Duration) {
        switch self {
        case .none, .intake: self = .draining(until: deadline)
        case .draining, .now: self = .now
        }
    }
}
