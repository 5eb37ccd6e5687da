/// How many streams may be open: fewer after a refusal, more again after success, never over the bound.
///
/// Additive increase, multiplicative decrease (Chiu and Jain, 1989): a refusal halves what is open, and each round of
/// as many successes adds a sixteenth of the bound. What was lowered for refusals that came by chance, as they would with
/// fewer streams too, is given back (as TCP does it after a time-out that was none, RFC 4015).
struct StreamWidth: Sendable {
    /// The user's bound.
    let bound: Int
    private var width: Double
    private var lowered: Duration?
    /// What it was before it was lowered for refusals that are not yet told from chance.
    private var before: Double?

    init(bound: Int) {
        precondition(bound >= 1, "a bound of \(bound) streams")
        self.bound = bound
        width = Double(bound)
    }

    /// The streams that may be open.
    var streams: Int { max(1, Int(width)) }

    /// Takes the end of a stream that went well.
    mutating func succeed() {
        guard width < Double(bound) else { return }
        width = min(Double(bound), width + max(1, Double(bound) / 16) / width)
    }

    /// Has at least so many streams, within the bound: a rate that the provider takes keeps them open.
    mutating func raise(to streams: Double) { width = max(width, min(Double(bound), streams)) }

    /// Takes the refusal of a request.
    ///
    /// Refusals of requests that were under way when the width was lowered say nothing new.
    ///
    /// - Parameters:
    ///   - running: the streams that were open, this one included.
    ///   - started: when the refused one was sent.
    /// - Returns: whether the width is lower now.
    mutating func refuse(running: Int, started: Duration, at now: Duration) -> Bool {
        if let lowered, started <= lowered { return false }
        lowered = now
        before = before ?? width
        width = max(1, min(width, Double(running)) / 2)
        return true
    }

    /// Takes that the newest refusals were of a limit: it stays lowered.
    mutating func confirm() { before = nil }

    /// Takes that nothing shows a limit behind the newest refusals: it is what it was before them.
    mutating func giveBack() {
        width = max(width, before ?? width)
        before = nil
    }
}
