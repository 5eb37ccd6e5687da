/// Distinguishes a limit from chance by what became of the requests that were under way when one was refused.
///
/// Where a limit is spent nearly all that was sent after the refused one is refused too; a refusal by chance stands
/// alone, and the others are taken.
struct RefusalEvidence: Sendable {
    /// What refused them.
    enum Cause {
        case limit
        case chance
        /// Too few were under way to tell.
        case unclear
    }

    /// When the first refusal came.
    private let arrived: Duration
    /// The requests that a limit would refuse: those sent since the refused one, itself included.
    private var sent: Int
    /// How many of them were refused.
    private var refused = 1

    /// Fewer refusals come together by chance.
    private static let fewest = 3
    /// Among fewer a refusal stands alone by chance.
    private static let fewestSent = 4

    /// - Parameters:
    ///   - sent: the requests that are under way and were sent since the refused one, itself included.
    ///   - now: when the refusal came.
    init(sent: Int, at now: Duration) {
        self.sent = max(1, sent)
        arrived = now
    }

    /// What refused them, as far as is known.
    var cause: Cause {
        if refused >= Self.fewest, 2 * refused >= sent { return .limit }
        return sent >= Self.fewestSent && 3 * refused <= sent ? .chance : .unclear
    }

    /// Whether a request was under way when the first refusal came.
    func covers(started: Duration) -> Bool { started <= arrived }

    /// Records another refusal: of a request that was under way too, or of one that probed.
    mutating func add(started: Duration) {
        refused += 1
        if !covers(started: started) { sent += 1 }
    }
}
