/// How many streams an endpoint should have, where that is found: what was seen of it, and what was made of that.
struct FoundWidth {
    private(set) var finder: WidthFinder
    /// The requests that its server says wait there; nil where it does not say.
    var waitingAtServer: Int?
    /// The streams that ended.
    var ended = 0
    /// What the look that is under way has found.
    private var answering = 0
    private var longestWait: Duration?

    init(_ finder: WidthFinder) { self.finder = finder }

    /// It answers again after an outage: it may be another server by now.
    mutating func restart(at now: Duration) { finder.restart(at: now) }

    /// It refused a request for load.
    mutating func refused(running: Int, at now: Duration) { finder.refused(running: running, at: now) }

    /// Follows a change of the most that the user allows.
    mutating func set(most: Int) { finder.set(most: most) }

    /// As many streams are open in all as are allowed.
    mutating func noteBound() { finder.reason = .most }

    /// Its open streams are about to be looked at.
    mutating func beginLook() { (answering, longestWait) = (0, nil) }

    /// Adds an open stream.
    mutating func add(_ attempt: AdmittedAttempt, at now: Duration) {
        if attempt.chunks > 0 {
            answering += 1
        } else if !attempt.isSilent {
            longestWait = max(longestWait ?? .zero, now - attempt.started)
        }
    }

    /// Its open streams were looked at.
    ///
    /// - Parameters:
    ///   - running: how many are open.
    ///   - silent: how many of them may never end.
    ///   - isDemanded: whether jobs wait for a stream.
    ///   - tally: what came of its streams.
    mutating func endLook(running: Int, silent: Int, isDemanded: Bool, tally: EndpointTally, at now: Duration) {
        finder.note(
            EndpointSample(
                time: now, running: running, answering: answering, bytes: tally.bytes.value, ended: ended,
                firstTokens: tally.takeFirstTokens(), longestWait: longestWait, isDemanded: isDemanded,
                waitingAtServer: waitingAtServer, silent: silent))
    }
}
