/// A line that `--skip-invalid` leaves out, as the table `rejected_lines` keeps it.
package struct RejectedLine: Sendable, Equatable {
    package var source: String
    /// From 1.
    package var line: Int
    /// All its faults.
    package var reason: String
    /// The line itself, what is no UTF-8 in it replaced; nil where it was too long to be read.
    package var text: String?

    package init(source: String, line: Int, reason: String, text: String? = nil) {
        self.source = source
        self.line = line
        self.reason = reason
        self.text = text
    }
}
