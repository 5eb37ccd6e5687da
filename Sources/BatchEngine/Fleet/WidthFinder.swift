import LLMStreaming

/// Finds how many streams an endpoint of unknown capacity should have.
///
/// Tokens a second judge (`WidthTrial`): of another width more streams must bring more, fewer must not cost anything.
/// What waits in the server's queue only tells which width to try, so that what was misread is soon put right: with a
/// queue the streams that are worked on and a few more, so that no slot idles. Without one the server is tried again each
/// few seconds, since nothing else would show that it takes more.
///
/// `WidthFinderTests` prints what it finds on many simulated servers, beside the best fixed width of each.
///
/// A value that reads no clock: times are since the run's start. A sample costs a sort of sixteen numbers for each first
/// token in it, up to 128 of them.
struct WidthFinder: Sendable {
    /// The streams that may be open: 1 and more.
    var width: Int
    /// Why it stands there.
    var reason = WidthReason.starting

    private var most: Int
    private let first: Int
    private var target: FirstTokenTarget
    var queue = ServerQueue()
    var wasQueued = false
    var steps = WidthSteps()
    var trial: WidthTrial?
    private var record = WidthRecord()
    private var last: EndpointSample?
    /// When a queue that is seen is believed again, after one that was none, and for how long it is not after the next.
    var trusted = Duration.zero
    var distrust = Duration.seconds(30)

    /// The parts of the width that may wait in the queue before it comes down, and that shall, so that no slot idles.
    private static let (mostQueued, spare) = (0.12, 0.04)
    static let longestDistrust = Duration.seconds(480)
    static let usualFirst = 8
    /// Seconds between two samples, of which the later one tells too little then.
    private static let longestGap = 5.0

    /// Wherever nothing is known it begins with `first` streams; now, where that is given, with `width`; nine of ten first
    /// tokens shall come in `firstTokenTarget`.
    init(most: Int, first: Int = Self.usualFirst, from width: Int? = nil, firstTokenTarget: Duration? = nil) {
        precondition(most >= 1 && first >= 1, "at most \(most) streams, \(first) at first")
        (self.most, self.first, target) = (most, first, FirstTokenTarget(firstTokenTarget))
        self.width = min(most, width ?? first)
    }

    /// Follows a change of the most streams that are allowed.
    mutating func set(most: Int) {
        precondition(most >= 1, "at most \(most) streams")
        self.most = most
        guard most < width else { return }
        (width, reason) = (most, .most)
        end()
    }

    /// Begins anew where the endpoint is back after an outage or a restart: with half of what it had, and nothing known.
    mutating func restart(at now: Duration) {
        let known = min(width, trial?.from ?? width)
        width = min(known, max(first, known / 2))
        (queue, wasQueued, steps, reason) = (ServerQueue(), false, WidthSteps(), .starting)
        end()
    }

    /// Records that the endpoint refused a request for load.
    ///
    /// - Parameter running: the streams that were open, the refused one included.
    mutating func refused(running: Int, at now: Duration) {
        (width, reason) = (max(1, min(width, running - 1)), .refusals)
        steps.settle(at: now, isLong: true)
        end()
    }

    /// Looks at a sample: about one a second.
    mutating func note(_ sample: EndpointSample) {
        let time = last.map { (sample.time - $0.time).seconds } ?? 1
        guard time > 0 else { return }
        defer { last = sample }
        queue.note(sample, over: time)
        guard let last, sample.isDemanded, time < Self.longestGap else { return rest(sample) }
        let rate = Double(max(0, sample.bytes - last.bytes)) / time
        if fallForTarget(sample) || fallForQueue(sample) { return }
        guard var trial else { return hold(sample, rate: rate, over: time) }
        trial.note(sample, rate: rate, over: time, queue: queue)
        self.trial = trial
        if trial.cause == .queue || trial.isUp && trial.isSettled {
            record.addRecent(sample, rate: rate, over: time)
            if trial.isUp, followChange(at: sample.time) { return }
        }
        if let verdict = trial.verdict { end(trial, verdict, at: sample.time) }
    }

    /// With too few jobs, or without a look at what went on, nothing is learnt, and nothing is tried.
    private mutating func rest(_ sample: EndpointSample) {
        if let trial { width = min(width, trial.from) }
        if !sample.isDemanded { reason = .jobs }
        end()
    }

    /// By how many streams a width may be missed, since they end at any time.
    private var slack: Int { max(1, width / 10) }
    var spare: Double { max(1, Double(width) * Self.spare) }
    var mostQueued: Double { max(2, Double(width) * Self.mostQueued) }
    var isQueued: Bool { queue.standing >= spare / 2 }
    /// Seconds that it takes to see what an endpoint gives: longer where first tokens take long, or text comes in lumps.
    private var leastSeconds: Double { max((queue.usual?.high ?? 0) / 2, record.known.lumpSeconds).clamped(to: 2...15) }

    private mutating func fallForTarget(_ sample: EndpointSample) -> Bool {
        guard let usual = queue.usual, width > 1, sample.open <= width + slack,
            // The first ones after a step come late because they were sent together.
            trial?.isSettled ?? (record.known.seconds >= 3),
            target.isMissed(by: sample, usual: usual.low)
        else { return false }
        // Those that wait are late, and need not be sent; where none does, all are served too slowly.
        let served = queue.standing >= 1 ? min(width - 1, Int(Double(sample.open) - queue.standing)) : 0
        width = trial.map { $0.isUp ? $0.from : width } ?? max(1, served, Int(Double(width) * 0.85))
        reason = .firstTokens
        steps.settleForTarget(at: sample.time)
        end()
        return true
    }

    private mutating func fallForQueue(_ sample: EndpointSample) -> Bool {
        let excess = queue.standing
        guard excess > mostQueued, sample.open >= width - slack else { return false }
        let to = max(1, Int((Double(sample.open) - excess + spare).rounded()))
        guard sample.time >= trusted, to < width - (trial == nil ? 0 : slack) else { return false }
        switch trial?.cause {
        case nil: begin(.queue, width: to, before: record.known, at: sample.time)
        // What it gives may have become less meanwhile: slots went away.
        case .queue: begin(.queue, width: to, before: record.newest ?? trial?.before ?? record.known, at: sample.time)
        case .fall: return false
        case .growth: guard endGrowth(inQueueAt: to, sample) else { return false }
        }
        (reason, wasQueued) = (.queue, true)
        steps.hold()
        return true
    }

    /// More streams than the server works on: those that wait show it sooner than a verdict.
    private mutating func endGrowth(inQueueAt to: Int, _ sample: EndpointSample) -> Bool {
        guard let trial, queue.isLasting(sample) else { return false }
        width = max(to, trial.from)
        steps.settle(at: sample.time, isLong: true)
        end(known: to > trial.from ? Throughput() : trial.before)
        return true
    }

    private mutating func begin(_ cause: WidthTrial.Cause, width to: Int, before: Throughput, at now: Duration) {
        trial = WidthTrial(cause, from: trial?.from ?? width, to: to, before: before, least: leastSeconds, at: now)
        width = to
        record.begin()
        target.begin()
    }

    private mutating func hold(_ sample: EndpointSample, rate: Double, over time: Double) {
        guard sample.open >= width - slack, sample.bytes > 0 else { return }
        record.addRecent(sample, rate: rate, over: time)
        if followChange(at: sample.time) { return }
        guard sample.open <= width + max(1, width / 20) else { return }
        record.add(sample, rate: rate, over: time)
        guard record.isKnown(least: leastSeconds) else { return }
        if isQueued {
            reason = .queue
            steps.hold(since: wasQueued ? nil : sample.time)
        }
        let hasVanished = wasQueued && !isQueued
        wasQueued = isQueued
        if queue.isTold, isQueued { return }
        guard steps.isDue(at: sample.time) || hasVanished else { return }
        // Where first tokens take long, trials do too, and waves hide small steps.
        let spread = queue.isSlow ? max(0.2, record.known.spread) : record.known.spread
        if let to = steps.take(width: width, most: most, spread: spread, hasTarget: target.wasMissed) {
            begin(to > width ? .growth : .fall, width: to, before: record.known, at: sample.time)
        } else if !isQueued {
            reason = .most
        }
    }

    /// Where an endpoint gives much more or less than it did with as many streams, the width is tried that changes with it.
    private mutating func followChange(at now: Duration) -> Bool {
        switch record.look(isGrowing: trial != nil, isSlow: queue.isSlow) {
        case .steady: return false
        case .unclear:
            width = trial?.from ?? width
            trial = nil
            target.begin()
            return true
        case .changed(let change):
            // All slots are in use still.
            if isQueued, change.isOfSpeed { return false }
            let to = min(most, max(1, Int((Double(width) * change.factor).rounded())))
            guard to != width else { return false }
            steps.settle(at: now)
            begin(to > width ? .growth : .fall, width: to, before: record.known, at: now)
            return true
        }
    }

    /// Forgets the trial and what was known, but for what is told of the width as it is now.
    mutating func end(known: Throughput = Throughput(), reference: Throughput? = nil) {
        trial = nil
        record = WidthRecord(known: known, reference: reference)
        target.begin()
    }
}
