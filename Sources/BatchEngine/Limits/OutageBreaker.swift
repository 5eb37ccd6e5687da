/// Tells a provider that is out from jobs that fail: half of the last 20 attempts of different jobs failed by
/// connection or 5xx (SPEC 7).
///
/// While it is out one probe at a time goes out, after 5 s, and after twice as long each time, up to 60 s.
struct OutageBreaker: Sendable {
    private struct Outage {
        let since: Duration
        var nextProbe: Duration
        var interval: Duration
        /// The job that probes.
        var probe: Int64?
        /// What the newest attempt failed with.
        var reason: String
    }

    private static let window = 20
    private static let firstInterval = Duration.seconds(5)
    private static let longestInterval = Duration.seconds(60)

    /// The newest attempts of different jobs, the newest last.
    private var attempts: [(jobID: Int64, isFailure: Bool)] = []
    private var outage: Outage?

    /// Since when it is out; nil where it is not.
    var since: Duration? { outage?.since }
    /// What the newest attempt failed with.
    var reason: String { outage?.reason ?? "" }

    func admittance(at now: Duration) -> Admittance {
        guard let outage else { return .now }
        return outage.nextProbe <= now ? .now : .later(outage.nextProbe, .outage)
    }

    /// Takes the start of a request, which while it is out is a probe; where it gets no answer another may follow.
    mutating func start(_ jobID: Int64, at now: Duration) {
        outage?.probe = jobID
        outage?.nextProbe = now + Self.longestInterval
    }

    /// Takes that a request was answered.
    ///
    /// - Returns: whether the outage is over by it. An answer that was under way when it began says nothing.
    mutating func answered(_ jobID: Int64) -> Bool {
        guard outage?.probe == jobID else { return false }
        outage = nil
        attempts = []
        return true
    }

    /// Takes an attempt that went through, or failed in another way.
    mutating func succeeded(_ jobID: Int64) { if outage == nil { add(jobID, isFailure: false) } }

    /// Takes an attempt that failed by connection or 5xx.
    mutating func failed(_ jobID: Int64, reason: String, at now: Duration) {
        if var outage {
            outage.reason = reason
            if outage.probe == jobID {
                outage.probe = nil
                outage.interval = min(Self.longestInterval, outage.interval * 2)
                outage.nextProbe = now + outage.interval
            }
            self.outage = outage
            return
        }
        add(jobID, isFailure: true)
        guard attempts.count(where: \.isFailure) * 2 >= Self.window else { return }
        outage = Outage(
            since: now, nextProbe: now + Self.firstInterval, interval: Self.firstInterval, probe: nil, reason: reason)
    }

    /// Takes that an attempt ended without a word about the provider; where it was the probe, another follows.
    mutating func gaveUp(_ jobID: Int64, at now: Duration) {
        guard let interval = outage?.interval, outage?.probe == jobID else { return }
        outage?.probe = nil
        outage?.nextProbe = now + interval
    }

    private mutating func add(_ jobID: Int64, isFailure: Bool) {
        attempts.removeAll { $0.jobID == jobID }
        attempts.append((jobID, isFailure))
        if attempts.count > Self.window { attempts.removeFirst() }
    }
}
