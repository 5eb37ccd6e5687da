/// The stretch of a level in which its load is the one that was asked for: neither ramp nor drain.
package struct SteadyWindow: Sendable, Equatable {
    package let start: Double
    package let end: Double

    package var seconds: Double { end - start }

    /// Finds the window of a level; nil where its load was never steady.
    ///
    /// It begins when so many requests have been sent as may be open at once (an open loop without a bound: when the
    /// first has ended), and ends when the last one was sent.
    package init?(_ records: [RequestRecord], concurrency: Int?) {
        let sent = records.map(\.times.sent).sorted()
        guard let last = sent.last else { return nil }
        let start: Double?
        if let concurrency {
            start = concurrency <= sent.count ? sent[max(0, concurrency - 1)] : nil
        } else {
            start = records.map(\.times.end).min()
        }
        guard let start, last > start else { return nil }
        self.start = start
        end = last
    }

    /// Whether a moment lies in it.
    package func contains(_ time: Double) -> Bool { start <= time && time < end }
}
