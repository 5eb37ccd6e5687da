import BatchStore
import LLMStreaming

/// Failed jobs of one kind: how many, one of them in words, and what to do about it.
struct FailureReport {
    var group: FailureGroup
    /// Characters of a line; nil where no terminal is written to.
    var width: Int?

    var lines: [String] {
        let place = TerminalText.line(group.source, limit: 60) + (group.line.map { ":\($0)" } ?? "")
        let example = "'\(TerminalText.line(group.customID, limit: 60))' (\(place))"
        let jobs = group.count == 1 ? "job \(example)" : "\(ProgressLine.count(group.count)) jobs, such as \(example)"
        let error = TerminalText.line(group.error, limit: 200)
        return TerminalText.wrapped("\(jobs): \(error)", first: "failed: \(group.kind): ", indentation: 4, width: width)
            + (ErrorKind(rawValue: group.kind).map { ["  \($0.advice(for: group.error))"] } ?? [])
    }

    var json: JSON {
        [
            "kind": .string(group.kind), "jobs": .int(group.count),
            "example": [
                "id": .string(group.customID), "source": .string(group.source),
                "line": group.line.map(JSON.int) ?? .null, "error": .string(group.error),
            ],
            "advice": (ErrorKind(rawValue: group.kind)?.advice(for: group.error)).map(JSON.string) ?? .null,
        ]
    }
}
