package import BatchEngine

/// A row of `jobs` with its metadata.
package struct JobRecord: Sendable, Equatable {
    package var id: Int64
    package var customID: String
    package var source: String
    /// Nil where its file no longer has it.
    package var line: Int?
    package var provider: String
    package var model: String
    package var requestSHA256: String
    package var status: JobStatus
    /// The attempts that counted.
    package var attempts: Int
    /// Until when it waits for another try, in Unix milliseconds.
    package var notBeforeMilliseconds: Int64?
    package var errorKind: String?
    package var error: String?
    package var createdMilliseconds: Int64
    package var updatedMilliseconds: Int64
    /// JSON.
    package var metadata: [UInt8]?

    /// Reads the columns in the order of the members.
    init(_ row: borrowing Statement) {
        id = row.integer(0)
        customID = row.text(1)
        source = row.text(2)
        line = row.optionalInteger(3).map(Int.init)
        provider = row.text(4)
        model = row.text(5)
        requestSHA256 = row.text(6)
        // The CHECK constraint allows no other word.
        status = JobStatus(rawValue: row.text(7)) ?? .pending
        attempts = row.optionalCount(8) ?? 0
        notBeforeMilliseconds = row.optionalUnixMilliseconds(9)
        errorKind = row.optionalText(10)
        error = row.optionalText(11)
        createdMilliseconds = row.unixMilliseconds(12)
        updatedMilliseconds = row.unixMilliseconds(13)
        metadata = row.optionalBytes(14)
    }
}
