import BatchEngine
import Foundation
import LLMStreaming

/// What `bench --self` found, as a table and as JSON.
struct SelfReport: Sendable {
    /// The figures of one way of storing.
    struct Column: Sendable {
        var store: SelfClient.Store
        /// The lines of the client: without stamps for costs, with stamps for latency.
        var plain: JSONObject
        var stamped: JSONObject

        func number(_ key: String) -> Double? { (plain[key] ?? stamped[key])?.double }
    }

    /// Below this share of idle time the source may be what is measured.
    private static let leastIdleShare = 0.2

    var load: SelfLoad
    var isPinned: Bool
    var columns: [Column] = []

    static func title(_ store: SelfClient.Store) -> String { store == .none ? "off" : store.rawValue }

    var json: JSON {
        var object = JSONObject()
        object["load"] = .string(load.model)
        object["streams"] = .int(load.streams)
        object["is_pinned"] = .bool(isPinned)
        for column in columns {
            object["database_\(Self.title(column.store))"] = [
                "plain": .object(column.plain), "stamped": .object(column.stamped),
            ]
        }
        return .object(object)
    }

    var text: String {
        var lines = [
            "\(load.text); source and client \(isPinned ? "on a core each" : "share the cores: taskset is missing, or there is one core")"
        ]
        if columns.contains(where: { (idle($0) ?? 1) < Self.leastIdleShare }) {
            lines.insert("the source was busy: these may be its limits, not the client's", at: 0)
        }
        lines.append(row("database") { Self.title($0.store) })
        lines.append(row("events/s") { Self.figure(rate($0), digits: 0) })
        lines.append(row("CPU per event, us") { Self.figure(cost($0), digits: 2) })
        lines.append(row("client's CPU, % of a core") { Self.figure(share($0, "cpu_us").map { 100 * $0 }, digits: 0) })
        lines.append(row("memory per stream, KB") { Self.figure(memory($0), digits: 1) })
        lines.append(
            row("memory in all, MB") { Self.figure($0.number("peak_resident_kb").map { $0 / 1024 }, digits: 0) })
        for (key, title) in [
            ("latency", "stamp to chunk"), ("stored", "stamp to row"), ("commit", "commit"),
        ] {
            for quantile in ["p50", "p99"] {
                lines.append(
                    row("\(title) \(quantile), ms") {
                        Self.figure($0.number("\(key)_\(quantile)_us").map { $0 / 1000 }, digits: 2)
                    })
            }
        }
        lines.append(row("commit max, ms") { Self.figure($0.number("commit_max_us").map { $0 / 1000 }, digits: 2) })
        lines.append(row("WAL, MB") { Self.figure($0.number("wal_bytes").map { $0 / 1_048_576 }, digits: 1) })
        lines.append(row("source idle, %") { Self.figure(idle($0).map { 100 * $0 }, digits: 0) })
        return lines.joined(separator: "\n")
    }

    private func rate(_ column: Column) -> Double? {
        guard let events = column.number("events"), let wall = column.number("wall_us") else { return nil }
        return events / wall * 1e6
    }

    private func cost(_ column: Column) -> Double? {
        guard let events = column.number("events"), events > 0 else { return nil }
        return column.number("cpu_us").map { $0 / events }
    }

    private func memory(_ column: Column) -> Double? {
        guard let before = column.number("resident_before_kb"), let after = column.number("resident_kb") else {
            return nil
        }
        return (after - before) / Double(load.streams)
    }

    private func share(_ column: Column, _ key: String) -> Double? {
        guard let cpu = column.number(key), let wall = column.number("wall_us"), wall > 0 else { return nil }
        return cpu / wall
    }

    private func idle(_ column: Column) -> Double? { share(column, "source_cpu_us").map { max(0, 1 - $0) } }

    private func row(_ title: String, _ value: (Column) -> String) -> String {
        "  " + title.padding(toLength: 26, withPad: " ", startingAt: 0)
            + columns.map { Self.right(value($0), width: 12) }.joined()
    }

    private static func right(_ text: String, width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    private static func figure(_ value: Double?, digits: Int) -> String {
        guard let value else { return "-" }
        return digits == 0 ? Int(value.rounded()).grouped : String(format: "%.\(digits)f", value)
    }
}
