/// The rate of requests that a provider takes, learnt from what it took between its refusals where nothing else tells it.
///
/// However a provider counts, what it takes from one refusal to the next is what its rate gave in that time. So
/// requests go out evenly at that rate, and the rate grows until the next refusal: slowly where two cycles agree, since
/// each look beyond costs refusals, and fast where they do not, as with congestion windows (RFC 9438).
///
/// A value that reads no clock: times are since the run's start.
struct LearntRate: Sendable {
    private enum Knowledge {
        /// It has not refused anything.
        case none
        /// Requests a second from a time on, and whether two cycles gave about the same.
        case rate(Double, since: Duration, isConfirmed: Bool)
    }

    /// What a provider may have saved up before the first refusal, in time of its rate.
    private static let savings = Duration.seconds(5)
    /// A rate that is not confirmed doubles in this time.
    private static let doubling = 10.0
    /// What was taken longer ago than this counts half: before that there may have been nothing to send.
    private static let memory = Duration.seconds(60)

    private var knowledge = Knowledge.none
    /// Since when requests are counted, and how many were taken.
    private var since = Duration.zero
    private var taken = 0.0
    /// When the first of them was refused.
    private var refused: Duration?
    private var pace = EvenPace(at: .zero)

    /// When the next request may start; nil where nothing is known.
    var nextStart: Duration? {
        if case .none = knowledge { nil } else { pace.nextStart }
    }

    /// How many requests a second go out; nil where nothing is known.
    func perSecond(at now: Duration) -> Double? {
        guard case .rate(let rate, let since, let isConfirmed) = knowledge else { return nil }
        let seconds = (now - since).seconds
        if !isConfirmed { return rate * Self.power(seconds / Self.doubling) }
        // A fiftieth more after as long as a hundred requests take, and then faster and faster.
        let part = seconds / min(300, max(10, 100 / rate))
        return rate * (1 + part * part / 50)
    }

    /// Two to a power that is not negative, without the C library: the whole part by doubling, the rest as a line.
    private static func power(_ exponent: Double) -> Double {
        let whole = min(60, exponent.rounded(.down))
        return Double(UInt64(1) << UInt64(whole)) * (1 + min(1, exponent - whole))
    }

    /// Takes the start of a request.
    mutating func start(at now: Duration) {
        if now - since > Self.memory {
            taken *= Self.memory / 2 / (now - since)
            since = now - Self.memory / 2
        }
        taken += 1
        if let rate = perSecond(at: now) { pace.start(at: now, interval: .seconds(1 / rate)) }
    }

    /// Takes that a request was refused.
    mutating func refuse(at now: Duration) {
        taken -= 1
        if refused == nil { refused = now }
    }

    /// Takes the end of the pause that refusals brought.
    mutating func open(at now: Duration) {
        let requests = max(1, taken)
        let refused = refused ?? now
        switch knowledge {
        case .none:
            let time = refused - since + max(now - refused, Self.savings)
            knowledge = .rate(requests / time.seconds, since: now, isConfirmed: false)
        case .rate(let last, _, true) where (perSecond(at: refused) ?? last) < 1.01 * last:
            // It had not grown yet: the refusal came by chance, or the limit fell. The next cycle tells which.
            knowledge = .rate(last, since: now, isConfirmed: false)
        case .rate(let last, _, _):
            let rate = requests / max(0.001, (now - since).seconds)
            // One that falls from cycle to cycle is no rate: refusals that come by chance, each with its pause.
            let isConfirmed = rate < 1.5 * last && rate > 0.9 * last
            knowledge = .rate(rate, since: now, isConfirmed: isConfirmed)
        }
        (since, taken, self.refused) = (now, 0, nil)
        pace = EvenPace(at: now + .seconds(1 / (perSecond(at: now) ?? 1)))
    }
}
