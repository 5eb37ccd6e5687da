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
