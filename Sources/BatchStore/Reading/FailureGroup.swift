import BatchEngine
import LLMStreaming

/// Failed jobs that failed with the same kind of error, HTTP status and message, and one of them.
package struct FailureGroup: Sendable, Equatable {
    /// The word of the error's kind.
    package var kind: String
    /// Of the last attempt's response.
    package var httpStatus: Int?
    package var count: Int
    /// The job that was stored first: its id, its place, and its error in words.
    package var customID: String
    package var source: String
    package var line: Int?
    package var error: String
    /// Whether these are the others of their kind, which were only counted.
    package var isRest = false
}

extension BatchReader {
    /// The failed jobs of a kind that are looked at; the others are only counted.
    private static let maximumLooks = 10_000
    /// The groups of a kind that are distinguished.
    private static let maximumGroups = 20

    /// The failed jobs of a scope by kind of error, status and message, the most frequent kind first.
    ///
    /// Names of requests, numbers and times in messages make no difference, nor what an answer held that was not taken.
    package func failures(in scope: JobScope = .all) throws(StoreError) -> [FailureGroup] {
        let kinds = try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT j.error_kind, count(*) FROM main.jobs AS j INDEXED BY jobs_failed
                WHERE j.status IN ('failed', 'cancelled') AND j.status = 'failed'
                    AND \(JobScope.condition)
                GROUP BY 1 ORDER BY 2 DESC, 1
                """)
            rows.bind(scope)
            var kinds: [(kind: String?, count: Int)] = []
            while try rows.step() { kinds.append((rows.optionalText(0), rows.int(1))) }
            return kinds
        }
        var failures: [FailureGroup] = []
        for (kind, count) in kinds { failures += try groups(of: kind, count, in: scope) }
        return failures
    }

    private func groups(of kind: String?, _ count: Int, in scope: JobScope) throws(StoreError) -> [FailureGroup] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT j.custom_id, j.source, j.line, j.error, (
                    SELECT a.http_status FROM attempts AS a WHERE a.job_id = j.job_id ORDER BY a.number DESC LIMIT 1)
                FROM main.jobs AS j INDEXED BY jobs_failed
                WHERE j.status IN ('failed', 'cancelled') AND j.status = 'failed' AND j.error_kind IS ?1
                    AND \(JobScope.condition)
                ORDER BY j.job_id LIMIT ?2
                """)
            rows.bind(kind, at: 1)
            rows.bind(Self.maximumLooks, at: 2)
            rows.bind(scope)
            var groups: [FailureGroup] = []
            var indices: [FailureKey: Int] = [:]
            while try rows.step() {
                let error = rows.optionalText(3) ?? ""
                let status = rows.optionalInt(4)
                let key = FailureKey(httpStatus: status, message: FailureGroup.likeness(of: error, kind: kind))
                if let index = indices[key] {
                    groups[index].count += 1
                } else if groups.count < Self.maximumGroups {
                    indices[key] = groups.count
                    groups.append(
                        FailureGroup(
                            kind: kind ?? "unknown", httpStatus: status, count: 1, customID: rows.text(0),
                            source: rows.text(1), line: rows.optionalInteger(2).map(Int.init), error: error))
                }
            }
            groups.sort { $0.count > $1.count }
            let rest = count - groups.reduce(0) { $0 + $1.count }
            if rest > 0 {
                groups.append(
                    FailureGroup(
                        kind: kind ?? "unknown", count: rest, customID: "", source: "", error: "", isRest: true))
            }
            return groups
        }
    }
}

extension FailureGroup {
    /// What messages of a kind that tell of the same fault have in common.
    ///
    /// A fault of an answer quotes the answer, which differs from job to job, and names the place in it.
    static func likeness(of error: String, kind: String?) -> String {
        let isOfAnswer = kind == ErrorKind.invalidAnswer.rawValue || kind == ErrorKind.repetition.rawValue
        return RecentFailure.masked(isOfAnswer ? unquoted(error) : error)
    }

    /// A text without what stands between double quotes, or behind one that nothing closes.
    private static func unquoted(_ text: String) -> String {
        var unquoted = String.UnicodeScalarView()
        var (isQuoted, isEscaped) = (false, false)
        for scalar in text.unicodeScalars {
            if scalar == "\"", !isEscaped { isQuoted.toggle() }
            if !isQuoted { unquoted.append(scalar) }
            isEscaped = isQuoted && scalar == "\\" && !isEscaped
        }
        return String(unquoted)
    }
}

/// What the failures of a group have in common.
private struct FailureKey: Hashable {
    var httpStatus: Int?
    var message: String
}
