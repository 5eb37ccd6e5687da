import Foundation

/// The plots of one level: TTFT, ITL and throughput over time, and their distributions.
struct LevelPlots: Sendable {
    private static let steps = 60.0
    private static let columnsOfADistribution = 48

    private let level: LevelFigures
    private let timeline: Timeline
    private let time: PlotScale

    init(_ level: LevelFigures) {
        self.level = level
        timeline = Timeline(level, width: max(0.1, level.duration / Self.steps))
        time = PlotScale(through: level.duration)
    }

    /// As SVG elements.
    var svgs: [String] {
        [
            firstTokens, spread("TTFT, spread", level.timeToFirstToken, count: "requests"), gaps,
            spread("ITL, spread", level.gaps, count: "gaps"), tokens,
            spread("output tokens/s in each step, spread", Distribution(timeline.tokens), count: "steps", unit: 1),
        ].map(\.svg)
    }

    private var firstTokens: Plot {
        let points = level.records.compactMap { record in
            record.times.timeToFirstToken.map { (x: record.times.sent, y: $0 * 1000) }
        }
        return Plot(
            title: "TTFT over time", xTitle: "seconds: when sent", yTitle: "ms", x: time,
            y: PlotScale(through: points.map(\.y).max() ?? 1), series: [.points(points)])
    }

    private var gaps: Plot {
        func line(_ percent: Int) -> [(x: Double, y: Double)] {
            timeline.gaps.enumerated().compactMap { index, gaps in
                gaps.percentile(percent).map { (x: (Double(index) + 0.5) * timeline.width, y: $0 * 1000) }
            }
        }
        let (middle, late) = (line(50), line(99))
        return Plot(
            title: "ITL over time", xTitle: "seconds", yTitle: "ms", x: time,
            y: PlotScale(through: (middle + late).map(\.y).max() ?? 1),
            series: [.line(middle, name: "p50"), .line(late, name: "p99")])
    }

    private var tokens: Plot {
        let columns = timeline.tokens.enumerated().map { index, tokens in
            (from: Double(index) * timeline.width, to: Double(index + 1) * timeline.width, y: tokens)
        }
        return Plot(
            title: "throughput over time", xTitle: "seconds", yTitle: "output tokens/s", x: time,
            y: PlotScale(through: columns.map(\.y).max() ?? 1), series: [.columns(columns)])
    }

    /// A histogram over a logarithmic axis.
    private func spread(_ title: String, _ values: Distribution, count: String, unit: Double = 1000) -> Plot {
        let filled = values.buckets.map { (lower: $0.lower * unit, upper: $0.upper * unit, count: $0.count) }
        let scale = PlotScale(
            powersFrom: filled.first { $0.lower > 0 }?.lower ?? 0.1, through: filled.last?.upper ?? 1)
        var heights = [Double](repeating: 0, count: Self.columnsOfADistribution)
        for bucket in filled {
            let middle = scale.place((bucket.lower + bucket.upper) / 2) * Double(heights.count)
            heights[min(heights.count - 1, Int(middle))] += Double(bucket.count)
        }
        let ratio = scale.upper / scale.lower
        let columns = heights.enumerated().map { index, height in
            (
                from: scale.lower * pow(ratio, Double(index) / Double(heights.count)),
                to: scale.lower * pow(ratio, Double(index + 1) / Double(heights.count)), y: height
            )
        }
        return Plot(
            title: title, xTitle: unit == 1 ? "tokens/s" : "ms", yTitle: count, x: scale,
            y: PlotScale(through: heights.max() ?? 1), series: [.columns(columns)])
    }
}
