import LLMStreaming

/// The rate of requests that a provider takes, learnt from what it took between its refusals where nothing else tells it.
///
/// However a provider counts, what it takes from one refusal to the next is what its rate gave in that time. So
/// requests go out evenly at that rate, and the rate grows until the next refusal: slowly where two cycles agree, since
/// each look beyond costs refusals, and fast where they do not, as with congestion windows (RFC 9438).
///
/// Refusals by chance must neither teach nor lower a rate: each brings a pause, in which nothing is taken, so each would
/// make the next rate lower still. A rate is given up where refusals come before it is reached and follow no rule. And a
/// rate that seems confirmed is tried out: more than it is sent at once, which a limit refuses and chance does not.
///
/// `LearntRateComparisonTests` runs 2,000 jobs in simulated time with it and without it, where only the width, Retry-After
/// and the buckets of headers are left. Of 600 requests a minute that only refusals tell it has 10 refused instead of
/// 844, of 60 a minute 40 instead of 1,115; 60 a minute with answers of 20 s take 2,027 s instead of 2,564. It costs
/// time where a provider counts by full minutes (608 s, 554 without it), or refuses by chance (10 %: 498 s, 439
/// without it).
///
/// A value that reads no clock: times are since the run's start.
struct LearntRate: Sendable {
    private enum Knowledge {
        /// It has not refused anything: the first refusal is believed, unless others show that it came by chance.
        case none
        /// What it refused it refused by chance: it takes more to be believed.
        case chance
        /// Requests a second from a time on, and whether two cycles gave about the same.
        case rate(Double, since: Duration, isConfirmed: Bool)
    }

    /// What a provider may have saved up before the first refusal, in time of its rate.
    private static let savings = Duration.seconds(5)
    /// A rate that is not confirmed doubles in this time, and then ever faster.
    private static let doubling = 10.0
    /// How many times as long as a hundred requests take a rate that is confirmed grows slowly.
    private static let parts = 3.0
    /// A rate that has grown less than this has not grown.
    private static let noGrowth = 1.003
    /// At least so long a rate that is confirmed grows slowly, and at most for so many of its cycles.
    private static let shortestSlow = 6.0
    private static let cyclesOfSlow = 3.0
    /// What is sent of a rate that is confirmed where it is tried out, for so long at least and so many requests.
    private static let trialFactor = 1.6
    private static let trialSeconds = 3.0
    private static let trialRequests = 10.0
    /// What was taken longer ago than this counts half: before that there may have been nothing to send.
    private static let memory = Duration.seconds(60)

    private var knowledge = Knowledge.none
    /// Since when requests are counted, and how many were taken.
    private var since = Duration.zero
    private var taken = 0.0
    /// When the last pause ended, and how many seconds it was from one such end to the next, the last three times.
    private var opened = Duration.zero
    private var cycles: [Double] = []
    private var trials = RateTrials()
    /// When the first of them was refused.
    private var refused: Duration?
    private var pace = EvenPace(at: .zero)
    /// What cycles gave that ended with refusals which stood alone.
    private var alone = RepeatedRate()
    /// How many refusals came before a rate had grown, since one last came after that.
    private var early = 0

    /// When the next request may start; nil where nothing is known.
    var nextStart: Duration? {
        if case .rate = knowledge { pace.nextStart } else { nil }
    }

    /// How many requests a second go out; nil where nothing is known.
    func perSecond(at now: Duration) -> Double? {
        guard case .rate(let rate, let since, let isConfirmed) = knowledge else { return nil }
        let seconds = (now - since).seconds
        if !isConfirmed { return rate * Self.growth(after: seconds) }
        if trials.isUnderWay {
            let time = max(Self.trialSeconds, Self.trialRequests / rate)
            let more = max(0, seconds - time) * Self.trialSeconds / time
            return rate * Self.trialFactor * Self.fastGrowth(after: more)
        }
        // A little more after as long as a hundred requests take, and then faster and faster.
        let time = min(300, max(10, 100 / rate))
        let slow = min(Self.parts * time, max(Self.shortestSlow, Self.cyclesOfSlow * (cycles.max() ?? 0)))
        let part = min(slow, seconds) / time
        return rate * (1 + part * part / 150) * Self.fastGrowth(after: max(0, seconds - slow))
    }

    /// How many times a rate has grown that was never confirmed.
    private static func growth(after seconds: Double) -> Double {
        let doublings = seconds / doubling
        let more = max(0, doublings - 1.5)
        return power(doublings + 32 * more * more * more)
    }

    /// How many times a rate has grown that nothing holds any more: what refused is gone, and a rate that was learnt in a
    /// storm, which may be a hundredth of what the provider takes, holds nobody up for half a minute.
    private static func fastGrowth(after seconds: Double) -> Double {
        let doublings = seconds / 4
        let more = max(0, doublings - 1)
        return power(doublings + more * more * more)
    }

    /// How long after one request the next goes out; nil where nothing is known.
    ///
    /// A rate that doubles meanwhile lets it go sooner than it would by itself: one that was learnt too low holds
    /// nobody up for long.
    private func interval(at now: Duration) -> Duration? {
        guard var rate = perSecond(at: now), case .rate(_, _, let isConfirmed) = knowledge else { return nil }
        var (seconds, part) = (0.0, 1.0)
        while !isConfirmed, rate * 1.5 * Self.doubling < part {
            part -= rate * 1.5 * Self.doubling
            seconds += Self.doubling
            rate *= 2
        }
        return .seconds(seconds + part / rate)
    }

    /// Two to a power that is not negative, without the C library: the whole part by doubling, the rest as a line.
    private static func power(_ exponent: Double) -> Double {
        let whole = min(60, exponent.rounded(.down))
        return Double(UInt64(1) << UInt64(whole)) * (1 + min(1, exponent - whole))
    }

    /// Records the start of a request.
    mutating func start(at now: Duration) {
        if now - since > Self.memory {
            taken *= Self.memory / 2 / (now - since)
            since = now - Self.memory / 2
        }
        taken += 1
        if let interval = interval(at: now) { pace.start(at: now, interval: interval) }
    }

    /// Records that a request was refused.
    mutating func refuse(at now: Duration) {
        taken -= 1
        if refused == nil { refused = now }
    }

    /// Records the end of the pause that refusals brought.
    ///
    /// - Parameter cause: what refused them, as far as what else was under way shows it.
    mutating func open(at now: Duration, after cause: RefusalEvidence.Cause) {
        let requests = max(1, taken)
        let refused = refused ?? now
        let seconds = max(0.001, (now - since).seconds)
        switch (knowledge, cause) {
        case (.none, .chance):
            knowledge = .chance
        case (.none, _), (.chance, .limit):
            let time = refused - since + max(now - refused, Self.savings)
            know(requests / time.seconds, at: now)
        case (.rate(let last, _, _), .limit):
            know(requests / seconds, after: last, at: now)
        case (.rate(let last, _, let wasConfirmed), _) where requests / seconds > 0.9 * last:
            if (perSecond(at: refused) ?? last) < Self.noGrowth * last {
                // It had not grown: the refusal came by chance, or the limit fell a little. The next cycle tells more.
                early += 1
                knowledge = early < 2 ? .rate(last, since: now, isConfirmed: false) : .chance
            } else {
                know(requests / seconds, after: last, at: now)
                if wasConfirmed { early = 0 }
            }
        case (.rate(let last, _, _), _):
            let agrees = alone.add(requests: requests, seconds: seconds)
            // Refusals that come without a rule, and before the rate is reached, are of no limit.
            knowledge = agrees ? .rate(last, since: now, isConfirmed: false) : .chance
            if alone.isOfLimit { know(requests / seconds, at: now) }
        // Where the pauses take little of the time there is nothing to gain by a rate.
        case (.chance, _) where (now - refused) * 4 < now - since:
            alone = RepeatedRate()
        case (.chance, _):
            _ = alone.add(requests: requests, seconds: seconds)
            if alone.isOfLimit { know(requests / seconds, at: now) }
        }
        if case .chance = knowledge { (early, trials) = (0, RateTrials()) }
        if case .rate(_, _, true) = knowledge { trials.beginCycle() } else { trials.skipCycle() }
        cycles = cycles.suffix(2) + [(now - opened).seconds]
        opened = now
        (since, taken, self.refused) = (now, 0, nil)
        pace = EvenPace(at: now + (interval(at: now) ?? .seconds(1)))
    }

    /// Follows a change of this worker's share of what the provider takes: it is so many times as much from now on.
    ///
    /// What is learnt is what this worker was taken, which is its share already.
    mutating func scale(by factor: Double, at now: Duration) {
        taken *= factor
        alone.scale(by: factor)
        guard case .rate(let rate, let since, let isConfirmed) = knowledge else { return }
        knowledge = .rate(rate * factor, since: since, isConfirmed: isConfirmed)
        pace.speedUp(by: factor, at: now)
    }

    /// Records the rate that a cycle gave; it is confirmed where the one before gave about the same.
    private mutating func know(_ rate: Double, after last: Double? = nil, at now: Duration) {
        let grown = last.map { rate / $0 } ?? 0
        let isHigher = grown >= 1.5
        let isConfirmed = isHigher ? trials.isUnderWay : grown > 0.9
        trials.endCycle(isHigher: isHigher)
        knowledge = .rate(rate, since: now, isConfirmed: isConfirmed)
        alone = RepeatedRate()
    }
}

/// When a rate that seems confirmed is tried out: at once, and after each trial that brought nothing sixteen
/// times as many cycles later as before, so that a limit which holds costs few refusals.
struct RateTrials: Sendable {
    /// Whether more than the rate is sent since the last pause.
    private(set) var isUnderWay = false
    /// The trials in a row that brought nothing, and the cycles since the last.
    private var failed = 0
    private var cycles = 0

    private static let mostDoublings = 8

    /// Records the beginning of a cycle of a rate that is confirmed.
    mutating func beginCycle() {
        isUnderWay = cycles + 1 >= 1 << min(4 * failed, Self.mostDoublings)
        cycles = isUnderWay ? 0 : cycles + 1
    }

    /// Records the beginning of a cycle of another rate.
    mutating func skipCycle() { isUnderWay = false }

    /// Records what a cycle gave.
    mutating func endCycle(isHigher: Bool) {
        if isHigher { failed = 0 } else if isUnderWay { failed += 1 }
    }
}
