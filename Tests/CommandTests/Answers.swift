import Foundation
import Testing

/// What the database must hold, whatever happened on the way to it.
enum Answers {
    /// The mock's counting answer: `1 2 3 … n`.
    static func counting(to number: Int) -> String { (1...number).map(String.init).joined(separator: " ") }

    /// A job that counts; the words keep its request apart from others'.
    static func countingJob(_ id: String, to number: Int, options: String = "") -> String {
        #"{"id":"\#(id)","model":"mock/count-\#(number)\#(options)","messages":[{"role":"user","content":"job \#(id)"}]}"#
    }

    /// The contents that the chunks give by the formula of The database, "Tables", as `custom_id|choice|content`.
    static let rebuilt = """
        SELECT j.custom_id, c.choice, coalesce((
            SELECT group_concat(piece, '') FROM (
                SELECT substr(coalesce((
                    SELECT group_concat(text, '') FROM (
                        SELECT k.text FROM chunks AS k
                        WHERE k.chunk_id BETWEEN a.first_chunk_id AND a.last_chunk_id AND k.attempt_id = a.attempt_id
                            AND k.kind = 'text' AND k.choice = s.value ->> 'choice'
                        ORDER BY k.chunk_id)), ''), (s.value ->> 'start') + 1, s.value ->> 'kept')
                    || (s.value ->> 'restored') AS piece
                FROM json_each(c.seams) AS s JOIN attempts AS a ON a.attempt_id = s.value ->> 'attempt_id'
                ORDER BY s.key)), '')
        FROM completions AS c JOIN jobs AS j USING (job_id) ORDER BY j.custom_id, c.choice
        """

    /// What holds at every moment, also in the middle of a run and after a death: queries that find nothing.
    static let invariants = [
        ("a constraint is broken", "PRAGMA foreign_key_check"),
        (
            "a job was completed twice",
            """
            SELECT job_id FROM attempts WHERE status = 'completed' GROUP BY job_id HAVING count(*) > 1
            """
        ),
        (
            "a job that is not completed has an answer",
            "SELECT job_id FROM completions JOIN jobs USING (job_id) WHERE status <> 'completed'"
        ),
        (
            "the chunks of an attempt have a gap",
            """
            SELECT attempt_id FROM chunks GROUP BY attempt_id HAVING min(seq) <> 0 OR max(seq) <> count(*) - 1
            """
        ),
    ]

    /// What holds besides after a run that kept every chunk.
    static let finalInvariants = [
        (
            "an attempt does not know its chunks",
            """
            SELECT attempt_id FROM attempts AS a JOIN (
                SELECT attempt_id, max(chunk_id) AS last, count(*) AS n FROM chunks GROUP BY attempt_id
            ) AS c USING (attempt_id) WHERE a.last_chunk_id IS NOT c.last OR a.chunk_count IS NOT c.n
            """
        )
    ]

    /// What does not hold of a database; `isFinal` after a run that left nothing open.
    static func faults(_ database: String, isFinal: Bool) throws -> [String] {
        let damage = try SQLite.rows(database, "PRAGMA integrity_check")
        var faults = damage == ["ok"] ? [] : damage.prefix(3).map { "damaged: \($0)" }
        for (words, query) in invariants + (isFinal ? finalInvariants : []) {
            let rows = try SQLite.rows(database, query)
            if let row = rows.first { faults.append("\(words): \(row), \(rows.count) in all") }
        }
        guard isFinal else { return faults }
        let stored = try SQLite.rows(
            database,
            "SELECT j.custom_id, c.choice, c.content FROM completions AS c JOIN jobs AS j USING (job_id) ORDER BY 1, 2")
        if try SQLite.rows(database, rebuilt) != stored {
            faults.append("the seams do not rebuild every content from the chunks")
        }
        return faults
    }

    /// Checks what must hold of every database after a run in which every job completed.
    static func expectWhole(_ database: String, jobs: Int) throws {
        #expect(try faults(database, isFinal: true) == [])
        #expect(try SQLite.number(database, "SELECT count(*) FROM jobs WHERE status = 'completed'") == jobs)
        #expect(try SQLite.number(database, "SELECT count(DISTINCT job_id) FROM completions") == jobs)
    }
}
