import LLMStreaming

/// What an endpoint gives at its width, and whether it still does.
struct WidthRecord: Sendable {
    /// Over the last seconds at this width.
    private(set) var known = Throughput()
    /// Over the very last ones of them, and of a trial.
    private(set) var recent = Throughput()
    /// Before a trial that failed, until it is known anew.
    private var reference: Throughput?
    /// Whether it seems to be more or less now, which the next seconds will show.
    private var isChanged = false

    /// What the last seconds tell.
    enum Sight: Sendable {
        case steady
        /// It is another one, but some of the seconds may be of before: all that was known is forgotten.
        case unclear
        case changed(CapacityChange)
    }

    /// Seconds that even bytes take to show a change, and the most that lumps may take.
    private static let shortest = 3.0
    private static let longest = 10.0
    /// Even bytes need no long memory, which would lag behind a server that gets faster or slower.
    private static let memory = 8.0...20.0

    init(known: Throughput = Throughput(), reference: Throughput? = nil) {
        (self.known, self.reference) = (known, reference)
    }

    /// Over the very last seconds, where there are some.
    var newest: Throughput? { recent.seconds >= 1 ? recent : nil }
    private var recentSeconds: Double { (2 * known.lumpSeconds).clamped(to: Self.shortest...Self.longest) }

    /// Adds a sample to the last seconds.
    mutating func addRecent(_ sample: EndpointSample, rate: Double, over time: Double) {
        recent.add(sample, rate: rate, over: time, memory: recentSeconds)
    }

    /// Adds a sample to what is known of the width.
    mutating func add(_ sample: EndpointSample, rate: Double, over time: Double) {
        let memory = known.spread * known.spread / 5e-5
        known.add(sample, rate: rate, over: time, memory: memory.clamped(to: Self.memory))
    }

    /// Whether enough is known for a comparison: the more uneven the bytes, the longer it takes.
    ///
    /// - Parameter least: seconds that it takes in any case.
    func isKnown(least: Double) -> Bool {
        known.seconds >= max(Self.shortest, least, min(15, known.spread * known.spread / 0.02))
    }

    /// Forgets the last seconds, as another width is tried.
    mutating func begin() { (recent, isChanged) = (Throughput(), false) }

    /// Looks whether the endpoint gives much more or less than before.
    ///
    /// - Parameters:
    ///   - isGrowing: whether the last seconds are of more streams: then only less tells something.
    ///   - isSlow: whether first tokens take so long that the streams which answer come and go in waves.
    mutating func look(isGrowing: Bool, isSlow: Bool) -> Sight {
        guard recent.seconds >= recentSeconds - 0.5 else { return .steady }
        if known.seconds >= 2 * recentSeconds { reference = nil }
        let before = reference ?? known
        // The last seconds are a part of what is known where nothing is tried.
        guard before.seconds >= (reference == nil && !isGrowing ? 2 : 1) * recentSeconds else { return .steady }
        guard let change = CapacityChange(from: before, to: recent, isSlow: isSlow) else {
            isChanged = false
            return .steady
        }
        if isGrowing, change.factor > 1 { return .steady }
        guard isChanged else {
            self = WidthRecord(reference: before)
            isChanged = true
            return .unclear
        }
        self = WidthRecord(known: recent)
        return .changed(change)
    }
}
