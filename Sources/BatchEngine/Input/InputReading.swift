/// How an input is read: by whom its lines are understood and within which bounds.
package struct InputReading: Sendable {
    package var parser: JobLineParser
    /// `--max-line-bytes`.
    package var maximumLineBytes: Int
    /// `--skip-invalid`: lines with faults are left out, and their ids are free for others.
    package var skipsInvalid: Bool
    /// Whether the check guesses what each job uses up.
    package var isEstimating = false
    /// How ids are distinguished; other than the default only in tests.
    var fingerprint: IdentitySet.Fingerprint = IdentitySet.sipHash

    package init(parser: JobLineParser, maximumLineBytes: Int = 16 << 20, skipsInvalid: Bool = false) {
        self.parser = parser
        self.maximumLineBytes = maximumLineBytes
        self.skipsInvalid = skipsInvalid
    }

    /// Parses a line; one over the limit is a fault, and so is where a document breaks off.
    func parse(_ line: InputLine) throws(LineFaults) -> ParsedLine {
        switch line {
        case .bytes(let bytes): return try parser.parse(bytes)
        case .oversized(let count):
            var faults = LineFaults()
            faults.add(
                "the line has \(count.grouped) bytes, more than --max-line-bytes allows (\(maximumLineBytes.grouped))")
            throw faults
        case .broken(let reason):
            var faults = LineFaults()
            faults.add(reason)
            throw faults
        }
    }
}
