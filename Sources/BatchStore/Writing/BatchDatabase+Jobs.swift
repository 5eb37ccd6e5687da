import BatchEngine
import LLMStreaming

extension WriteSession {
    /// Notes that these jobs are not in their file any more.
    mutating func markGone(_ ids: [Int64]) throws(SQLiteFailure) {
        try transaction { (session) throws(SQLiteFailure) in
            let update = try session.connection.prepare(
                "UPDATE jobs SET line = NULL, updated_ms = ?2 WHERE job_id = ?1")
            update.bind(session.options.now, at: 2)
            for id in ids {
                update.bind(id, at: 1)
                try update.run()
            }
        }
    }

    /// Puts failed jobs back into the queue, with all their attempts before them, and returns how many.
    mutating func revive(_ revival: Revival) throws(SQLiteFailure) -> Int {
        try transaction { (session) throws(SQLiteFailure) in
            let update = try session.connection.prepare(
                """
                UPDATE jobs SET attempts = 0, error_kind = NULL, error = NULL, updated_ms = ?1,
                    status = iif((
                        SELECT json_extract(partial, '$.choices[0].text') FROM attempts
                        WHERE job_id = jobs.job_id AND request_sha256 = jobs.request_sha256 AND partial IS NOT NULL
                        ORDER BY number DESC LIMIT 1
                    ) <> '', 'interrupted', 'pending')
                WHERE status IN ('failed', 'cancelled') AND (status = 'failed' OR ?2)
                    AND (?3 = '[]' OR error_kind IN (SELECT value FROM json_each(?3)))
                    AND (?4 IS NULL OR job_id IN (SELECT value FROM json_each(?4)))
                """)
            update.bind(session.options.now, at: 1)
            update.bind(revival.includesCancelled ? 1 : 0, at: 2)
            update.bind(utf8: JSON.array(revival.errorKinds.map { .string($0.rawValue) }).bytes, at: 3)
            update.bind(utf8: revival.jobs.map { JSON.array($0.map { .int(Int($0)) }).bytes }, at: 4)
            try update.run()
            return session.connection.changes
        }
    }

    /// Forgets the lines of a file that were left out before.
    mutating func forgetRejectedLines(of source: String) throws(SQLiteFailure) {
        try transaction { (session) throws(SQLiteFailure) in
            let delete = try session.connection.prepare("DELETE FROM rejected_lines WHERE source = ?1")
            delete.bind(source, at: 1)
            try delete.run()
        }
    }

    /// Stores lines that were left out.
    mutating func write(_ lines: [RejectedLine]) throws(SQLiteFailure) {
        try transaction { (session) throws(SQLiteFailure) in
            let insert = try session.connection.prepare(
                """
                INSERT INTO rejected_lines (source, line, reason, text) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO UPDATE SET reason = excluded.reason, text = excluded.text
                """)
            for line in lines {
                insert.bind(line.source, at: 1)
                insert.bind(line.line, at: 2)
                insert.bind(line.reason, at: 3)
                insert.bind(line.text ?? "", at: 4)
                try insert.run()
            }
        }
    }
}
