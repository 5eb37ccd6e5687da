/// How many streams may be open how soon after the start: a burst of a thousand connections in one instant is what
/// providers answer with 429.
package struct StartRamp: Sendable {
    /// The streams that may be open at once in the first step; at least 1.
    package var first = 32
    /// After each step the bound doubles; a step of zero is no ramp.
    package var step: Duration = .seconds(1)

    package init() {}

    /// The bound at a time after the start, and when it grows next.
    package struct Allowance: Sendable, Equatable {
        /// The streams that may be open at once.
        package var streams: Int
        /// How long after the start the bound doubles; nil once it is the limit.
        package var grows: Duration?
    }

    /// What is allowed so long after the start, at most `limit`.
    package func allowance(after elapsed: Duration, limit: Int) -> Allowance {
        guard step > .zero else { return Allowance(streams: limit, grows: nil) }
        var streams = max(1, first)
        var next = step
        // At most some sixty rounds: the bound doubles in each.
        while streams < limit, next <= elapsed {
            streams = streams > limit / 2 ? limit : 2 * streams
            next += step
        }
        return streams < limit ? Allowance(streams: streams, grows: next) : Allowance(streams: limit, grows: nil)
    }
}
