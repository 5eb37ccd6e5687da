import BatchStore
import LLMStreaming

/// Failed jobs that failed alike: how many, one of them in words, and what to do about it.
struct FailureReport {
    /// So many groups are told; the others by their number.
    private static let maximumGroups = 12

    var group: FailureGroup
    /// Characters of a line; nil where no terminal is written to.
    var width: Int?

    /// All groups; what a kind asks for is said once where it is the same.
    static func lines(_ groups: [FailureGroup], width: Int?) -> [String] {
        var lines: [String] = []
        let told = groups.prefix(maximumGroups)
        for (index, group) in told.enumerated() {
            let report = FailureReport(group: group, width: width)
            lines += report.lines
            let next = told.dropFirst(index + 1).first
            if let advice = report.advice, next?.kind != group.kind || next.flatMap({ Self.advice(of: $0) }) != advice {
                lines += TerminalText.wrapped(advice, first: "  ", indentation: 4, width: width)
            }
        }
        let others = groups.dropFirst(maximumGroups).reduce(0) { $0 + $1.count }
        if others > 0 { lines.append("failed otherwise: \(InputReport.plural(others, "job"))") }
        return lines
    }

    private static func advice(of group: FailureGroup) -> String? { FailureReport(group: group).advice }

    /// What to do about it.
    private var advice: String? { ErrorKind(rawValue: group.kind)?.advice(for: group.error) }

    private var lines: [String] {
        let status = group.httpStatus.map { " (HTTP \($0))" } ?? ""
        let first = "failed: \(group.kind)\(status): "
        if group.isRest { return [first + "\(ProgressLine.count(group.count)) more"] }
        let place = TerminalText.line(group.source, limit: 60) + (group.line.map { ":\($0)" } ?? "")
        let example = "'\(TerminalText.line(group.customID, limit: 60))' (\(place))"
        let jobs = group.count == 1 ? "job \(example)" : "\(ProgressLine.count(group.count)) jobs, such as \(example)"
        let error = TerminalText.line(group.error, limit: 200)
        return TerminalText.wrapped("\(jobs): \(error)", first: first, indentation: 4, width: width)
    }

    var json: JSON {
        [
            "kind": .string(group.kind), "http_status": group.httpStatus.map(JSON.int) ?? .null,
            "jobs": .int(group.count),
            "example": group.isRest
                ? .null
                : [
                    "id": .string(group.customID), "source": .string(group.source),
                    "line": group.line.map(JSON.int) ?? .null, "error": .string(group.error),
                ],
            "advice": advice.map(JSON.string) ?? .null,
        ]
    }
}
