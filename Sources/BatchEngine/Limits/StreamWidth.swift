/// How many streams may be open: fewer after a refusal, more again after success, never over the bound.
///
/// Additive increase, multiplicative decrease (Chiu and Jain, 1989): a refusal halves what is open, and each round of
/// as many successes adds a sixteenth of the bound.
struct StreamWidth: Sendable {
    /// The user's bound.
    let bound: Int
    private var width: Double
    private var lowered: Duration?

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
        width = max(1, min(width, Double(running)) / 2)
        return true
    }
}
