import Foundation
import LLMStreaming

/// The results of `self`, as a table and as JSON.
struct SelfReport {
    /// The figures of one way of storing.
    struct Column {
        var store: StreamClient.Store
        /// Measured without stamps, for costs.
        var plain: Figures
        /// Measured with stamps, for latency.
        var stamped: Figures

        func number(_ key: String) -> Double? { plain.number(key) ?? stamped.number(key) }
    }

    /// With less idle time the source may be what is measured.
    private static let leastIdleShare = 0.2

    var load: Load
    /// The load in words.
    var words: String
    var isPinned: Bool
    var columns: [Column] = []

    static func title(_ store: StreamClient.Store) -> String { store == .none ? "off" : store.rawValue }

    var json: JSON {
        var object = JSONObject()
        object["load"] = .string(load.model)
        object["streams"] = .int(load.streams)
        object["is_pinned"] = .bool(isPinned)
        for column in columns {
            object["database_\(Self.title(column.store))"] = [
                "plain": .object(column.plain.object), "stamped": .object(column.stamped.object),
            ]
        }
        return .object(object)
    }

    var text: String {
        let cores = isPinned ? "on a core each" : "share the cores: taskset is missing, or there is one core"
        var lines = ["\(words); source and client \(cores)"]
        if columns.contains(where: { ($0.plain.sourceIdle ?? 1) < Self.leastIdleShare }) {
            lines.insert("the source was busy: these may be its limits, not the client's", at: 0)
        }
        lines.append(row("database") { Self.title($0.store) })
        lines.append(row("events/s") { Self.figure($0.plain.rate, digits: 0) })
        lines.append(row("CPU per event, us") { Self.figure($0.plain.cost, digits: 2) })
        lines.append(row("client's CPU, % of a core") { Self.figure($0.plain.coreShare.map { 100 * $0 }, digits: 0) })
        lines.append(row("memory per stream, KB") { Self.figure($0.plain.kilobytesPerStream, digits: 1) })
        lines.append(
            row("memory in all, MB") { Self.figure($0.number("peak_resident_kb").map { $0 / 1024 }, digits: 0) })
        for (key, title) in [
            ("latency", "stamp to chunk"), ("stored", "stamp to row"), ("commit", "commit"),
        ] {
            for percentile in ["p50", "p99"] {
                lines.append(
                    row("\(title) \(percentile), ms") {
                        Self.figure($0.number("\(key)_\(percentile)_us").map { $0 / 1000 }, digits: 2)
                    })
            }
        }
        lines.append(row("commit max, ms") { Self.figure($0.number("commit_max_us").map { $0 / 1000 }, digits: 2) })
        lines.append(row("WAL, MB") { Self.figure($0.number("wal_bytes").map { $0 / 1_048_576 }, digits: 1) })
        lines.append(row("source idle, %") { Self.figure($0.plain.sourceIdle.map { 100 * $0 }, digits: 0) })
        return lines.joined(separator: "\n")
    }

    private func row(_ title: String, _ value: (Column) -> String) -> String {
        "  " + title.padding(toLength: 26, withPad: " ", startingAt: 0)
            + columns.map { Self.right(value($0), width: 12) }.joined()
    }

    private static func right(_ text: String, width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    private static func figure(_ value: Double?, digits: Int) -> String {
        guard let value else { return "-" }
        guard digits == 0 else { return value.text(digits: digits) }
        return Int(value.rounded()).formatted(.number.locale(Locale(identifier: "en_US")))
    }
}
