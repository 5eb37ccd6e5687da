/// Numbers the attempts of jobs that several databases have tried.
///
/// The newest attempt says why a job failed, and the newest partial text is what it goes on from: those of the run that
/// made the job what it is come last. The others are in the order of their runs, which does not depend on the order of
/// merging.
enum AttemptOrder {
    /// Beyond every number that an attempt has meanwhile.
    private static let distance: Int64 = 1 << 40

    static func restore(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let jobs = try connection.prepare(
            "SELECT job_id, source_id, had = met, deciding_run FROM temp.rejoined WHERE gets > 0 AND had > 0")
        let followed = try connection.prepare(asFollowed)
        let joined = try connection.prepare(asJoined)
        let part = try connection.prepare("UPDATE main.attempts SET number = number + ?2 WHERE job_id = ?1")
        let number = try connection.prepare("UPDATE main.attempts SET number = ?2 WHERE attempt_id = ?1")
        while try jobs.step() {
            // Where the source has gone on from what is stored, its own order stays.
            let isFollowed = jobs.integer(2) != 0
            var order: [Int64] = []
            if isFollowed {
                followed.bind(jobs.integer(1), at: 1)
                while try followed.step() { order.append(followed.integer(0)) }
            } else {
                joined.bind(jobs.integer(0), at: 1)
                joined.bind(jobs.optionalInteger(3), at: 2)
                while try joined.step() { order.append(joined.integer(0)) }
            }
            part.bind(jobs.integer(0), at: 1)
            part.bind(distance, at: 2)
            try part.run()
            for (index, id) in order.enumerated() {
                number.bind(id, at: 1)
                number.bind(index + 1, at: 2)
                try number.run()
            }
        }
    }

    /// ?1 the job in the source.
    private static let asFollowed: SQL = """
        SELECT m.id FROM part.attempts AS s CROSS JOIN temp.attempt_map AS m ON m.source_id = s.attempt_id
        WHERE s.job_id = ?1 ORDER BY s.number
        """

    /// ?1 the job, ?2 the run that comes last.
    private static let asJoined: SQL = """
        SELECT a.attempt_id FROM main.attempts AS a CROSS JOIN main.runs AS r ON r.run_id = a.run_id
        WHERE a.job_id = ?1
        ORDER BY a.run_id IS ?2, min(a.started_ms) OVER (PARTITION BY a.run_id), \(RowOrder.ofRuns), r.run_id, a.number
        """
}
