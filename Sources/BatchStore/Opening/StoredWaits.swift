import BatchEngine
import LLMStreaming

/// Keeps stored waits from lasting longer than they were meant to, where the date has been set back since.
enum StoredWaits {
    /// The longest wait: a day, and what is added so that not all jobs come back at once.
    private static let longestMilliseconds: Int64 = (86_400 + 60) * 1000

    /// Runs at opening: a job that waits was last written when its wait began, so the two times say how long it was to be.
    static func pullIn(
        _ connection: borrowing Connection, path: DatabasePath, now: Int64
    ) throws(StoreError) {
        try path.naming { () throws(SQLiteFailure) in
            let far = try connection.prepare(
                """
                SELECT 1 FROM jobs WHERE not_before_ms > ?1
                    AND (updated_ms > ?1 OR not_before_ms - updated_ms > ?2 OR not_before_ms - ?1 > ?2) LIMIT 1
                """)
            far.bind(now, at: 1)
            far.bind(longestMilliseconds, at: 2)
            guard try far.step() else { return }
            far.reset()
            try connection.transaction { () throws(SQLiteFailure) in
                let pull = try connection.prepare(
                    """
                    UPDATE jobs SET not_before_ms = ?1 + min(max(not_before_ms - updated_ms, 0), ?2), updated_ms = ?1
                    WHERE not_before_ms > ?1
                        AND (updated_ms > ?1 OR not_before_ms - updated_ms > ?2 OR not_before_ms - ?1 > ?2)
                    """)
                pull.bind(now, at: 1)
                pull.bind(longestMilliseconds, at: 2)
                try pull.run()
            }
        }
    }
}
