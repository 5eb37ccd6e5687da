/// A row of `runs`.
package struct RunRecord: Sendable, Equatable {
    package var id: Int64
    package var startedMilliseconds: Int64
    /// Nil while it runs, and where its process died.
    package var finishedMilliseconds: Int64?
    package var status: RunStatus
    package var exitCode: Int?
    package var command: String
    package var version: String
    package var host: String
    package var pid: Int
    /// Why it stopped with work left, in words.
    package var stopReason: String?

    /// Reads the columns in the order of the members.
    init(_ row: borrowing Statement) {
        id = row.integer(0)
        startedMilliseconds = row.unixMilliseconds(1)
        finishedMilliseconds = row.optionalUnixMilliseconds(2)
        // The CHECK constraint allows no other word.
        status = RunStatus(rawValue: row.text(3)) ?? .interrupted
        exitCode = row.optionalInt(4)
        command = row.text(5)
        version = row.text(6)
        host = row.text(7)
        pid = row.int(8)
        stopReason = row.optionalText(9)
    }
}
