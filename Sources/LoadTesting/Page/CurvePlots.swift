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
