/// How many streams may be open: fewer after a refusal, more again after success and with time, never over the bound.
///
/// Additive increase, multiplicative decrease (Chiu and Jain, 1989): a refusal halves what is open, and each round of
/// as many successes adds a sixteenth of the bound. What was lowered for refusals that came by chance, as they would with
/// fewer streams too, is given back (as TCP does it after a time-out that was none, RFC 4015).
///
/// Where few streams are open, what became of those beside a refused one does not show whether it was chance. So the window
/// is tried out: load refuses nothing of fewer streams, or most of what is sent, and chance refuses its share of any number.
/// `OverloadTests` prints what it brings: with 20 % refused by chance 58 of 60 streams stay open (5 did by halving alone),
/// and a server with room for 20 refuses 219 requests while it answers 3,000.
///
/// Success alone would leave a window for ever that streams without an end hold. So it grows with the cube of the time
/// without a refusal too (as congestion windows do, RFC 9438): slowly at first, then fast, and to the bound in the end.
struct ConcurrencyWindow: Sendable {
    /// The user's bound.
    private(set) var bound: Int
    /// What refusals and successes make of it.
    private var window: Double
    private var lowered: Duration?
    /// Since when it has grown with time.
    private var since = Duration.zero
    /// How long it takes to grow to the bound by time alone.
    private var regrowth = Self.longestFirst
    /// What it was before it was lowered for refusals that are not yet told from chance.
    private var before: Double?
    /// What refusals had left, while the user's bound is lower still.
    private var covered: Double?

    /// What it was when it was lowered last, and how many streams were open then.
    private var lowering: (window: Double, running: Int)?
    /// How many requests were sent since, and how many of them were refused.
    ///
    /// Those that ended would not do: refusals come sooner than answers.
    private var sent = 0
    private var refused = 0
    /// Whether one of them was refused although clearly fewer streams were open.
    private var isAnyEarly = false
    /// Since when refusals are taken for chance.
    private var chance: Duration?

    /// While no answer tells how long a round takes.
    private static let longestFirst = Duration.seconds(60)
    private static let shortest = Duration.seconds(20)
    /// Rounds of answers in the time that it takes to grow: a server is not asked for more than it takes many times an
    /// answer.
    private static let rounds = 5.0
    /// Under a smaller bound too few requests are under way to go by.
    private static let fewest = 8
    /// So long refusals are taken for chance before that is tried out again.
    private static let trust = Duration.seconds(60)
    /// At this number of requests both counts are halved.
    private static let memory = 64

    init(bound: Int) {
        precondition(bound >= 1, "a bound of \(bound) streams")
        self.bound = bound
        window = Double(bound)
    }

    /// Follows a change of the user's bound: what refusals have left of it stays, and grows from there.
    mutating func set(bound: Int, at now: Duration) {
        precondition(bound >= 1, "a bound of \(bound) streams")
        let streams = covered ?? exact(at: now)
        let isFree = covered == nil && streams >= Double(self.bound)
        self.bound = bound
        window = isFree ? Double(bound) : min(Double(bound), streams)
        covered = !isFree && streams > Double(bound) ? streams : nil
        since = now
    }

    /// The streams that may be open.
    func streams(at now: Duration) -> Int { max(1, Int(exact(at: now))) }

    private func exact(at now: Duration) -> Double {
        let most = Double(bound)
        let part = max(0, (now - since) / regrowth)
        guard window < most, part < 1 else { return most }
        return window + (most - window) * part * part * part
    }

    /// Records the start of a request.
    mutating func start() {
        if sent >= Self.memory { (sent, refused) = (sent / 2, refused / 2) }
        sent += 1
    }

    /// Records the end of a stream that went well, and how long they last.
    mutating func succeed(meanSeconds: Double, at now: Duration) {
        regrowth = max(Self.shortest, .seconds(meanSeconds * Self.rounds))
        guard window < Double(bound) else { return }
        window = min(Double(bound), window + max(1, Double(bound) / 16) / exact(at: now))
    }

    /// Has at least so many streams, within the bound: a rate that the provider takes keeps them open.
    mutating func raise(to streams: Double) { window = max(window, min(Double(bound), streams)) }

    /// Records the refusal of a request.
    ///
    /// Refusals of requests that were under way when the window was lowered say nothing new.
    ///
    /// - Parameters:
    ///   - running: the streams that were open, this one included, without the silent ones.
    ///   - started: when the refused one was sent.
    ///   - mayBeChance: whether no pause follows, whose end would tell whether it was.
    /// - Returns: whether the window is lower now.
    mutating func refuse(running: Int, started: Duration, mayBeChance: Bool = false, at now: Duration) -> Bool {
        if let lowered, started <= lowered { return false }
        refused += 1
        if mayBeChance, isByChance(running: running, at: now) { return false }
        let exact = exact(at: now)
        // What was no chance after all is not soon taken for it again.
        lowering = (exact, isTakenForChance(at: now) ? 0 : running)
        (sent, refused, isAnyEarly, chance, covered) = (0, 0, false, nil, nil)
        before = before ?? exact
        window = max(1, min(exact, Double(running)) / 2)
        (lowered, since) = (now, now)
        return true
    }

    private func isTakenForChance(at now: Duration) -> Bool { chance.map { now - $0 < Self.trust } ?? false }

    /// Whether a refusal came by chance, as far as what was sent since it was lowered shows.
    private mutating func isByChance(running: Int, at now: Duration) -> Bool {
        let cause = RefusalEvidence.cause(refused: refused, of: sent)
        if cause == .limit { return false }
        if isTakenForChance(at: now) { return true }
        guard bound >= Self.fewest, let lowering else { return false }
        // Load refuses at about as many streams as the last time.
        let isEarly = 4 * running < 3 * lowering.running
        isAnyEarly = isAnyEarly || isEarly
        guard isAnyEarly, refused > 1, cause == .chance else { return isEarly }
        window = max(window, lowering.window)
        chance = now
        return true
    }

    /// Records the end of a pause: while it lasted nothing showed whether more may be open.
    mutating func resume(at now: Duration) { since = now }

    /// Records that the newest refusals were of a limit: it stays lowered.
    mutating func confirm() { before = nil }

    /// Records that nothing shows a limit behind the newest refusals: it is what it was before them.
    mutating func giveBack() {
        window = max(window, before ?? window)
        (before, covered) = (nil, nil)
    }
}
