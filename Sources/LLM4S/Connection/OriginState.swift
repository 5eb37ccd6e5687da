import NIOCore

/// What a pool knows of one origin: its connections by number, who waits, and who starves.
struct OriginState {
    var setUps = 0
    /// Those of them that take so long that they may never end.
    var slowSetUps = 0
    var openCount = 0
    /// The connections that may take a stream, the next to get one last; an ID without a connection belongs to one that
    /// is gone.
    var withRoom: [UInt64] = []
    /// How many streams the last connection that was made carries; nil before one was.
    var streamsPerConnection: Int?
    /// Who waits, oldest first; an ID without a waiter belongs to one that is gone.
    var queue = CircularBuffer<UInt64>()
    /// Streams on new connections that get no response while others do, and have not had one closed for them yet.
    var starving: Set<UInt64> = []
    /// The mean time from a request to the first byte of its answer, in seconds.
    private var responseSeconds: Double?

    /// So many connections may be set up at once however few stand.
    private static let firstSetUps = 8

    /// Whether nothing of it is worth keeping but how soon it answers.
    var isEmpty: Bool {
        setUps == 0 && slowSetUps == 0 && openCount == 0 && withRoom.isEmpty && queue.isEmpty && starving.isEmpty
    }

    /// Whether one more connection may be set up: at once an eighth of those that stand.
    ///
    /// So a start is a ramp and not a burst, and where streams are short, one that waits gets a connection that becomes
    /// free sooner than a new one would stand. Set-ups that hang hold none of these places: some of a server's hosts may not
    /// answer. Where others have taken all places there is one all the same.
    ///
    /// Where connections carry many streams, or may, no more are made than who waits will fill.
    ///
    /// - Parameters:
    ///   - all: the set-ups of all origins.
    ///   - maximum: the most that there may be of them.
    ///   - waiting: how many streams wait, with the one that is asked for.
    ///   - mayCarryMany: whether a connection may carry many streams, as long as none has been made.
    func maySetUp(besides all: Int, maximum: Int, waiting: Int, mayCarryMany: Bool) -> Bool {
        let underWay = setUps - slowSetUps
        if mayCarryMany, streamsPerConnection == nil, underWay > 0 { return false }
        // Who makes a connection has the first of its places.
        if let streams = streamsPerConnection, streams > 1, underWay * (streams - 1) >= waiting { return false }
        return underWay < min(maximum, max(Self.firstSetUps, openCount / 8)) && (all < maximum || setUps == 0)
    }

    /// Records how long a request waited for the first byte of its answer.
    mutating func learn(_ seconds: Double) {
        responseSeconds = responseSeconds.map { $0 + (seconds - $0) / 16 } ?? seconds
    }

    /// Whether who has waited for so long waits for much longer than those that are answered.
    func isStarving(after seconds: Double) -> Bool { responseSeconds.map { seconds >= 1 + 4 * $0 } ?? false }
}
