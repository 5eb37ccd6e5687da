/// The figures as the load grows: a row for each level.
struct LevelCurve: Sendable {
    /// One figure of all levels.
    struct Column: Sendable {
        var name: String
        /// The unit, or which of the distribution's values.
        var unit: String
        /// Whether it is shown where a line must be short.
        var isShort = true
        var cell: @Sendable (LevelFigures) -> String

        /// Its heading on one line.
        var heading: String { unit.isEmpty ? name : "\(name) \(unit)" }
    }

    let levels: [LevelFigures]

    init(_ levels: [LevelFigures]) { self.levels = levels }

    /// The columns, without those that no level has.
    var columns: [Column] {
        var columns: [Column] = []
        if levels.contains(where: { $0.load.rate != nil }) {
            columns.append(Column(name: "rate", unit: "1/s") { Figure.short($0.load.rate) })
        }
        if levels.contains(where: { $0.load.concurrency != nil }) {
            columns.append(Column(name: "open", unit: "at once") { $0.load.concurrency.map { "\($0)" } ?? "-" })
        }
        columns += [
            Column(name: "requests", unit: "", isShort: false) { "\($0.records.count)" },
            Column(name: "errors", unit: "") { "\($0.failed)" },
            Column(name: "requests", unit: "1/s") { Figure.short($0.requestsPerSecond) },
            Column(name: "tokens", unit: "1/s") { Figure.short($0.outputTokensPerSecond) },
            Self.percentile("TTFT", 50, \.timeToFirstToken), Self.percentile("TTFT", 99, \.timeToFirstToken),
            Self.percentile("TPOT", 50, \.timePerOutputToken), Self.percentile("ITL", 50, \.gaps, isShort: false),
            Self.percentile("E2E", 50, \.endToEnd, isShort: false), Self.percentile("E2E", 99, \.endToEnd),
        ]
        if levels.contains(where: { $0.serviceLevel != nil }) {
            columns.append(Column(name: "good", unit: "%") { Figure.short($0.goodShare.map { $0 * 100 }) })
        }
        return columns
    }

    private static func percentile(
        _ name: String, _ percent: Int, _ values: @escaping @Sendable (LevelFigures) -> Distribution,
        isShort: Bool = true
    ) -> Column {
        Column(name: name, unit: "p\(percent) ms", isShort: isShort) { level in
            Figure.milliseconds(values(level).percentile(percent))
        }
    }

    /// The table as lines of a terminal.
    var lines: [String] {
        let columns = columns.filter(\.isShort)
        var rows = [columns.map(\.name), columns.map(\.unit)]
        rows += levels.map { level in columns.map { $0.cell(level) } }
        let widths = columns.indices.map { column in 1 + (rows.map { $0[column].count }.max() ?? 0) }
        return rows.map { row in
            " " + zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined()
        }
    }
}
