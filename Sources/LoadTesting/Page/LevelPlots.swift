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

/// The plots of the figures as the load grows, a point for each level.
struct CurvePlots: Sendable {
    private let levels: [(load: Double, level: LevelFigures)]
    private let xTitle: String
    private let x: PlotScale

    /// Nil where there is no curve: one level, or levels of the same load.
    init?(_ levels: [LevelFigures]) {
        let rates = levels.compactMap(\.load.rate)
        let isOfRates = Set(rates).count > 1
        let loads = isOfRates ? rates : levels.compactMap { $0.load.concurrency.map(Double.init) }
        guard loads.count == levels.count, Set(loads).count > 1 else { return nil }
        self.levels = zip(loads, levels).sorted { $0.0 < $1.0 }.map { (load: $0.0, level: $0.1) }
        xTitle = isOfRates ? "requests/s asked for" : "requests open at once"
        x = PlotScale(ofLevels: Set(loads).sorted())
    }

    /// As SVG elements.
    var svgs: [String] {
        var plots = [
            spread("TTFT by load", \.timeToFirstToken), spread("TPOT by load", \.timePerOutputToken),
            spread("E2E by load", \.endToEnd),
            plot("throughput by load", "output tokens/s", [("", points(\.outputTokensPerSecond))]),
        ]
        if levels.contains(where: { $0.level.serviceLevel != nil }) {
            plots.append(
                plot("goodput by load", "% of requests", through: 100, [("", points { $0.goodShare.map { $0 * 100 } })])
            )
        }
        return plots.map(\.svg)
    }

    private func points(_ value: (LevelFigures) -> Double?) -> [(x: Double, y: Double)] {
        levels.compactMap { load, level in value(level).map { (x: load, y: $0) } }
    }

    private func spread(_ title: String, _ values: (LevelFigures) -> Distribution) -> Plot {
        let lines = [50, 99].map { percent in
            ("p\(percent)", points { values($0).percentile(percent).map { $0 * 1000 } })
        }
        return plot(title, "ms", lines)
    }

    private func plot(
        _ title: String, _ yTitle: String, through greatest: Double? = nil,
        _ lines: [(name: String, points: [(x: Double, y: Double)])]
    ) -> Plot {
        Plot(
            title: title, xTitle: xTitle, yTitle: yTitle, x: x,
            y: PlotScale(through: greatest ?? lines.flatMap(\.points).map(\.y).max() ?? 1),
            series: lines.map { .curve($0.points, name: $0.name) })
    }
}
