import BatchEngine

/// What the check of an input found, in words.
struct InputReport {
    var summary: InputSummary
    var files: [String]

    var text: String {
        var lines = summary.report.isEmpty ? [] : [summary.report.description]
        let faults = summary.report.count
        let name = files.joined(separator: ", ")
        lines.append(
            "\(name): \(Self.plural(summary.jobs, "job")), "
                + (faults == 0 ? "no fault" : Self.plural(faults, "fault")))
        for (provider, jobs) in summary.jobsByProvider.sorted(by: { $0.key < $1.key }) {
            lines.append("  \(provider): \(ProgressLine.count(jobs))")
        }
        return lines.joined(separator: "\n")
    }

    /// A count with its noun.
    static func plural(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(ProgressLine.count(count)) \(count == 1 ? noun : plural ?? noun + "s")"
    }
}
