/// A job that is in work: which lane it is of, and what its try was charged.
struct Flight: Sendable {
    /// Where its lane is.
    let place: LanePlace
    var size: RequestSize
    /// The bytes that the estimate was made of.
    let bytes: Int
    /// What is set aside for it.
    var reservation = Reservation.none
    /// When its try began, since the run's start.
    var started: Duration
    /// Its place among all tries of the run: several begin in the same instant.
    var order: Int
    /// Whether its stream is open.
    var isOpen = true
    /// How many chunks had come when it was last looked at, and since when it has been so many.
    var chunks = 0
    var quietSince: Duration
    /// Whether that is too long: it may never end.
    var isSilent = false
}

/// Where a lane is kept: positions never change.
struct LanePlace: Sendable, Hashable {
    var provider: Int
    var model: Int
}
