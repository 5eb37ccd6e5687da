/// A level in equal steps of time, for plots.
package struct Timeline: Sendable {
    /// The length of a step in seconds.
    package let width: Double
    /// Output tokens a second in each step.
    package private(set) var tokens: [Double]
    /// The gaps between two chunks of which the second came in each step.
    package private(set) var gaps: [Distribution]

    /// The steps of a level.
    package init(_ figures: LevelFigures, width: Double) {
        precondition(width > 0, "a step of \(width) s")
        self.width = width
        let count = max(1, Int((figures.duration / width).rounded(.up)))
        tokens = Array(repeating: 0, count: count)
        gaps = Array(repeating: Distribution(), count: count)
        func step(_ time: Double) -> Int { min(count - 1, max(0, Int(time / width))) }
        for record in figures.records {
            guard record.isCompleted, !record.times.contents.isEmpty else { continue }
            // The tokens of an answer are spread evenly over its chunks.
            let each = Double(record.outputTokens) / Double(record.times.contents.count) / width
            for time in record.times.contents { tokens[step(time)] += each }
            for (time, gap) in zip(record.times.contents.dropFirst(), record.times.gaps) { gaps[step(time)].add(gap) }
        }
    }
}

/// The time of a level in which its load is steady: without ramp and drain.
package struct SteadyWindow: Sendable, Equatable {
    package let start: Double
    package let end: Double

    package var seconds: Double { end - start }

    /// Finds the window of a level; nil where its load was never steady.
    ///
    /// It begins when `concurrency` requests have been sent, or where that is nil when the first has ended. It ends when
    /// the last one was sent.
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
