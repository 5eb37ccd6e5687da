/// A level as lines of a terminal.
package struct LevelTable: Sendable {
    private let level: LevelFigures

    package init(_ level: LevelFigures) { self.level = level }

    /// The distributions of a level with their names.
    static func distributions(_ level: LevelFigures) -> [(name: String, values: Distribution)] {
        [
            ("TTFT", level.timeToFirstToken), ("TTFT from schedule", level.timeToFirstTokenFromSchedule),
            ("TPOT", level.timePerOutputToken), ("ITL", level.gaps), ("E2E", level.endToEnd),
            ("E2E from schedule", level.endToEndFromSchedule),
        ]
    }

    package var lines: [String] {
        var lines = [
            "\(level.load.text): \(level.records.count) requests, \(level.failed) errors in "
                + "\(Figure.short(level.duration)) s",
            "  \(Figure.short(level.requestsPerSecond)) requests/s, "
                + "\(Figure.short(level.outputTokensPerSecond)) output tokens/s"
                + (level.steadyOutputTokensPerSecond.map {
                    "; steady state \(Figure.short(level.steadyRequestsPerSecond)) requests/s, "
                        + "\(Figure.short($0)) output tokens/s"
                } ?? "; no steady state"),
        ]
        if let goodput = level.goodput, let share = level.goodShare, let good = level.good {
            lines.append(
                "  goodput \(Figure.short(goodput)) requests/s: \(good) of \(level.records.count) requests "
                    + "(\(Figure.short(share * 100)) %) kept the SLO")
        }
        for error in level.errors { lines.append("  error \(error.kind): \(error.count)") }
        let rows =
            [("ms", ["mean", "p50", "p90", "p95", "p99", "max"])]
            + Self.distributions(level).map { ($0.name, Self.cells($0.values)) }
        let width = max(8, 1 + (rows.flatMap(\.1).map(\.count).max() ?? 0))
        lines += rows.map { name, cells in Self.row(name, cells, width) }
        lines.append("  client: \(clientCost)")
        return lines
    }

    static func cells(_ values: Distribution) -> [String] {
        [
            values.mean, values.percentile(50), values.percentile(90), values.percentile(95), values.percentile(99),
            values.maximum,
        ].map { Figure.milliseconds($0) }
    }

    /// The client's cost in words.
    var clientCost: String {
        let cost = level.cost
        var parts = [
            "\(Figure.short(cost.cpuSeconds)) s CPU (\(Figure.short(cost.coreShare * 100)) % of a core)",
            "\(Figure.short(cost.cpuPerChunk.map { $0 * 1e6 })) us a chunk",
            "peak memory \(Figure.short(Double(cost.peakBytes) / 1_048_576)) MB",
        ]
        if let bytes = cost.bytesPerStream {
            parts.append("grown by \(Figure.short(bytes / 1024)) KB a stream, what was recorded included")
        }
        parts.append("loop lag p95 \(Figure.milliseconds(cost.loopLag.percentile(95))) ms")
        parts.append("dispatch delay p95 \(Figure.milliseconds(level.dispatchDelay.percentile(95))) ms")
        return parts.joined(separator: ", ")
    }

    private static func row(_ name: String, _ cells: [String], _ width: Int) -> String {
        "  " + name.padding(to: 18) + cells.map { String(repeating: " ", count: width - $0.count) + $0 }.joined()
    }
}

extension String {
    /// The text with spaces behind it up to a width.
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

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
