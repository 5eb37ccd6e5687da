/// The form of a file of rows.
package enum RowForm: String, Sendable, CaseIterable {
    /// Cells between commas (RFC 4180).
    case csv
    /// Cells between tabs, quoted as those of CSV are.
    case tsv
    /// A JSON object a line, of any members.
    case jsonl

    /// The form that a file's ending tells, in capitals or not; nil for any other ending.
    package init?(path: String) {
        let name = path.lowercased()
        if name.hasSuffix(".csv") {
            self = .csv
        } else if name.hasSuffix(".tsv") || name.hasSuffix(".tab") {
            self = .tsv
        } else if name.hasSuffix(".jsonl") || name.hasSuffix(".ndjson") {
            self = .jsonl
        } else {
            return nil
        }
    }

    /// The byte between two cells; nil where rows have members in place of cells.
    package var delimiter: UInt8? {
        switch self {
        case .csv: UInt8(ascii: ",")
        case .tsv: UInt8(ascii: "\t")
        case .jsonl: nil
        }
    }

    /// What stands between two cells, in words.
    var delimiterName: String { self == .tsv ? "tabs" : "commas" }
}
