/// Whether a request may start.
enum Admittance: Sendable, Equatable {
    case now
    /// Not before a time since the run's start.
    case later(Duration, WaitReason)
    /// Not before something that is under way ends.
    case held(WaitReason)
}
