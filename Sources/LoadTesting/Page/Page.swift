/// A load test as one HTML page, without script and network.
package struct Page: Sendable {
    private let report: TestReport

    package init(_ report: TestReport) { self.report = report }

    /// Text that is safe in HTML.
    static func escape(_ text: String) -> String {
        var escaped = ""
        // By scalars: one of these may be part of a longer character.
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    package var html: String {
        let test = report.test
        var parts = [
            "<!DOCTYPE html>", #"<html lang="en">"#, "<head>", #"<meta charset="utf-8">"#,
            #"<meta name="viewport" content="width=device-width, initial-scale=1">"#,
            "<title>Load test of \(Self.escape(test.model))</title>", "<style>\(Self.style)</style>", "</head>",
            "<body>",
        ]
        if let warning = report.warning { parts.append(#"<p class="warning">\#(Self.escape(warning))</p>"#) }
        parts.append("<h1>Load test of \(Self.escape(test.model))</h1>")
        parts.append("<p>\(Self.escape("\(test.endpoint) · \(test.requests) · \(test.date)"))</p>")
        if let serviceLevel = report.serviceLevel { parts.append("<p>SLO: \(Self.escape(serviceLevel.text))</p>") }
        if report.levels.count > 1 { parts += summary }
        for level in report.levels { parts += section(level) }
        parts.append("<h2>What the names mean</h2>")
        parts.append("<ul>")
        for definition in TestReport.definitions + ["tokens are \(report.tokenSource)"] {
            parts.append("<li>\(Self.escape(definition))</li>")
        }
        parts += ["</ul>", "</body>", "</html>", ""]
        return parts.joined(separator: "\n")
    }

    private var summary: [String] {
        let columns = LevelCurve(report.levels).columns
        let rows = report.levels.map { level in columns.map { $0.cell(level) } }
        var parts = ["<h2>Levels</h2>"] + table(columns.map(\.heading), rows)
        if let curve = CurvePlots(report.levels) { parts += Self.plots(curve.svgs) }
        return parts
    }

    private static func plots(_ svgs: [String]) -> [String] {
        [#"<div class="plots">"#] + svgs.map { "<figure>\n\($0)\n</figure>" } + ["</div>"]
    }

    private func section(_ level: LevelFigures) -> [String] {
        var parts = ["<h2>\(Self.escape(level.load.text))</h2>", "<ul>"]
        // The table's own lines, without its heading and those that become a table here.
        let lines = LevelTable(level).lines
        for line in lines where !line.hasPrefix("  ms") && !Self.isFigures(line, of: level) {
            parts.append("<li>\(Self.escape(line.trimmed))</li>")
        }
        parts.append("</ul>")
        parts += table(
            ["ms", "mean", "p50", "p90", "p95", "p99", "max", "count"],
            LevelTable.distributions(level).map { [$0.name] + LevelTable.cells($0.values) + ["\($0.values.count)"] })
        return parts + Self.plots(LevelPlots(level).svgs)
    }

    private static func isFigures(_ line: String, of level: LevelFigures) -> Bool {
        LevelTable.distributions(level).contains { line.hasPrefix("  \($0.name) ") }
    }

    private func table(_ heads: [String], _ rows: [[String]]) -> [String] {
        // Where it is wider than the page the keyboard can scroll it too.
        var parts = [
            #"<div class="table" tabindex="0">"#, "<table>",
            "<tr>\(heads.map { "<th>\(Self.escape($0))</th>" }.joined())</tr>",
        ]
        for row in rows { parts.append("<tr>\(row.map { "<td>\(Self.escape($0))</td>" }.joined())</tr>") }
        return parts + ["</table>", "</div>"]
    }

    private static let style = """
        :root { color-scheme: light dark; }
        body { font: 15px/1.5 system-ui, sans-serif; color: #1a1c1f; background: #fff; max-width: 1180px; margin: 2rem auto;
          padding: 0 1rem; overflow-wrap: anywhere; }
        h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
        .warning { background: #fff1c9; border-left: 4px solid #c98a00; padding: .6rem .8rem; }
        .table { overflow-x: auto; overflow-wrap: normal; } ul { padding-left: 1.2rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #dde1e6; }
        th:first-child, td:first-child { text-align: left; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 1rem; margin-top: 1rem; }
        figure { margin: 0; } svg { width: 100%; height: auto; font: 11px system-ui, sans-serif; }
        .grid { stroke: #e4e7eb; } .tick, .axis { fill: #5d6570; } .title { font-weight: 600; }
        .end { text-anchor: end; dominant-baseline: middle; } .middle { text-anchor: middle; }
        .mark0 { fill: #2463b8; fill-opacity: .75; } .mark1 { fill: #c2501f; fill-opacity: .75; } .line0, .line1 { fill: none; stroke-width: 1.6; }
        .line0 { stroke: #2463b8; } .line1 { stroke: #c2501f; } .legend0 { fill: #2463b8; } .legend1 { fill: #c2501f; }
        @media (prefers-color-scheme: dark) {
          body { color: #e4e7eb; background: #16181b; } .warning { background: #4a3a10; }
          th, td { border-color: #34393f; } .grid { stroke: #2b3036; } .tick, .axis { fill: #9aa3ad; }
          svg { fill: #e4e7eb; } .mark0 { fill: #6ba4f0; } .line0 { stroke: #6ba4f0; } .legend0 { fill: #6ba4f0; }
          .mark1 { fill: #ef8354; } .line1 { stroke: #ef8354; } .legend1 { fill: #ef8354; }
        }
        @media (max-width: 600px) {
          body { font-size: 14px; } th, td { padding: .2rem .35rem; font-size: 12px; }
        }
        """
}

extension String {
    /// The text without the blanks before it.
    fileprivate var trimmed: String { String(drop(while: { $0 == " " })) }
}
