import LLMStreaming

/// Which width is tried next, and when: twice the streams at first, a fifth more once that brought nothing.
struct WidthSteps: Sendable {
    private var factor = Self.start
    private var next = Duration.zero
    /// A smaller width that is tried next.
    private var lower: Int?
    /// How long the next miss of the target is remembered.
    private var targetPause = Self.longPause / 2
    /// The trials that brought nothing although more streams answered.
    private var flat = 0
    /// Whether the last of them brought less, and fewer were tried for it.
    private var wasLower = false

    /// As slow starts do: 72 streams are found in four steps from 8.
    private static let start = 2.0
    /// The smallest: the width stays within a fifth of where it is settled.
    private static let smallest = 1.19
    /// The largest where bytes come so unevenly that a smaller one would not show.
    private static let largestForSpread = 1.5
    /// The first and the largest where first tokens bound the width.
    private static let withTarget = (first: 1.1, largest: 1.25)
    /// The largest step down, where less would be lost than time.
    private static let largestFall = 1.42
    /// Between two trials: what allows more streams now is found within ten seconds.
    private static let pause = Duration.seconds(7)
    /// Where more streams cost something: first tokens, or tokens a second.
    private static let longPause = Duration.seconds(30)

    /// Whether another width is due.
    func isDue(at now: Duration) -> Bool { now >= next }

    /// Takes the next width to try; nil where no more streams are allowed.
    ///
    /// - Parameter spread: how much the bytes of single seconds differ, by which a step is seen or not.
    mutating func take(width: Int, most: Int, spread: Double, hasTarget: Bool) -> Int? {
        if let lower, lower < width {
            self.lower = nil
            return lower
        }
        guard width < most else { return nil }
        let factor =
            hasTarget
            ? min(factor, Self.withTarget.largest) : max(factor, min(Self.largestForSpread, 1 + 2.5 * spread))
        return min(most, max(width + 1, Int(Double(width) * factor)))
    }

    /// Waits, and goes on in small steps.
    mutating func settle(at now: Duration, isLong: Bool = false) {
        (factor, next) = (Self.smallest, now + (isLong ? Self.longPause : Self.pause))
    }

    /// Waits, each time longer, and goes on in the smallest steps, since first tokens bound the width.
    mutating func settleForTarget(at now: Duration) {
        (factor, next, lower) = (Self.withTarget.first, now + targetPause, nil)
        targetPause = min(Self.longPause * 2, targetPause * 2)
    }

    /// Goes on in small steps, where a queue is seen: not before a long pause, or when it is gone.
    mutating func hold(since now: Duration? = nil) {
        factor = Self.smallest
        if let now { next = max(next, now + Self.longPause) }
    }

    /// Records that more streams brought a part of what they would at best: goes on at once, in larger steps.
    mutating func grow(part: Double, at now: Duration) {
        if part > 0.5 { factor = min(Self.start, factor * factor) }
        next = now
    }

    /// Goes on in small steps from a width that was told by a large one.
    mutating func refine() { factor = Self.smallest }

    /// Records that fewer streams cost nothing: still fewer may not either.
    mutating func shrink(width: Int, at now: Duration) {
        factor = min(Self.largestFall, factor * factor)
        (lower, next) = (max(1, Int((Double(width) / factor).rounded())), now)
    }

    /// Tries a width that is known to be enough next.
    mutating func tryLower(_ width: Int, at now: Duration) { (lower, next) = (width, now) }

    /// Records that more streams answered and brought nothing: every fourth time fewer are tried, since there may be too
    /// many already; where they brought less, at once, and then not for some time.
    mutating func noteFlat(width: Int, isLoss: Bool, at now: Duration) {
        flat += 1
        wasLower = isLoss && !wasLower
        if wasLower { next = now } else if isLoss { next = now + Self.longPause }
        if wasLower || flat % 4 == 2 { lower = Int((Double(width) / factor).rounded()) }
    }
}
