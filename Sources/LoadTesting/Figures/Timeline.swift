/// A level second by second, or in other equal steps: what plots over time show.
package struct Timeline: Sendable {
    /// The length of a step in seconds.
    package let width: Double
    /// Output tokens a second in each step.
    package private(set) var tokens: [Double]
    /// The gaps between chunks whose second chunk came in each step.
    package private(set) var gaps: [Distribution]

    /// Sorts what a level received into steps.
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
