// What happened in each second of a run is published once.
extension PartDraft {
    /// Whether a row of `run_seconds` has changed since a part: those of the newest run alone do.
    ///
    /// They go by this machine's clock. Where that was set back, the run has more seconds before the newest one of then than
    /// it had: then all of its seconds are copied.
    static func isNewSecond(_ since: PublishedState?) -> String {
        guard let since else { return "true" }
        return """
            run_id >= \(since.run) AND (run_id <> \(since.run) OR second >= \(since.second) OR (
                SELECT count(*) FROM source.run_seconds AS b
                WHERE b.run_id = \(since.run) AND b.second < \(since.second)) > \(since.secondsBefore))
            """
    }

    /// Notes what is in the database of the newest run.
    func noteSeconds(_ state: inout PublishedState) throws(SQLiteFailure) {
        let row = try connection.prepare(
            """
            SELECT n.run_id, max(second), count(second) - 1 FROM (SELECT max(run_id) AS run_id FROM source.runs) AS n
            LEFT JOIN source.run_seconds AS s ON s.run_id = n.run_id
            """)
        guard try row.step() else { return }
        state.run = row.integer(0)
        state.second = row.integer(1)
        state.secondsBefore = row.integer(2)
    }
}
