/// What the seconds of a run brought, or stretches of several seconds.
package struct SecondPage: Sendable {
    /// One of them: what its rows hold, and what the attempts were that ended in it.
    package struct Second: Sendable {
        /// Of a stretch its first; the numbers are sums, of what is open and what waits the greatest.
        package var row: RunSecond
        /// Of the attempts that ended in it; nil where that is too long ago to be looked up.
        package var ends: AttemptEnds?
    }

    package var run: RunRecord
    package var seconds: [Second] = []

    /// Takes over what is known of the attempts that ended in its seconds.
    fileprivate mutating func add(_ attempts: EndedAttempts) {
        for index in seconds.indices {
            seconds[index].ends = attempts.ends(ofRun: run.id, in: seconds[index].row.second)
        }
    }
}

extension BatchReader {
    /// What the newest seconds of a run brought, the oldest first; nil where there is no such run.
    ///
    /// - Parameters:
    ///   - runID: the run; nil for the newest.
    ///   - second: only later ones are given.
    ///   - step: the seconds of a stretch, at least 1.
    ///   - limit: the most stretches.
    ///   - attempts: how many of the newest attempts are looked at.
    package func seconds(
        ofRun runID: Int64? = nil, after second: Int64, step: Int, limit: Int, attempts: Int = newestAttempts
    ) throws(StoreError) -> SecondPage? {
        guard var page = try secondPage(ofRun: runID, after: second, step, limit) else { return nil }
        guard let first = page.seconds.first?.row.second else { return page }
        page.add(try endedAttempts(ofRuns: [page.run.id: step], from: first, attempts: attempts))
        return page
    }

    /// The same, of attempts that were looked up before with the same step.
    package func seconds(
        ofRun runID: Int64, step: Int, limit: Int, ends: EndedAttempts
    ) throws(StoreError) -> SecondPage? {
        guard var page = try secondPage(ofRun: runID, after: 0, step, limit) else { return nil }
        page.add(ends)
        return page
    }

    /// The newest second of a run that brought anything, as a Unix time; nil where there is none.
    package func newestSecond(ofRun runID: Int64) throws(StoreError) -> Int64? {
        try read { (connection) throws(SQLiteFailure) in
            let row = try connection.prepare(
                "SELECT max(second) FROM run_seconds WHERE run_id = ?1 AND second BETWEEN 0 AND 253402300799")
            row.bind(runID, at: 1)
            return try row.step() ? row.optionalInteger(0) : nil
        }
    }

    private func secondPage(
        ofRun runID: Int64?, after second: Int64, _ step: Int, _ limit: Int
    ) throws(StoreError) -> SecondPage? {
        try read { (connection) throws(SQLiteFailure) in
            let newest = try newestRun(connection)
            let found = try runID.map { (id) throws(SQLiteFailure) in try self.run(id, connection) } ?? newest
            guard let run = found else { return nil }
            var page = SecondPage(run: run)
            page.seconds = try stretches(of: run.id, after: second, step, limit, connection).map {
                SecondPage.Second(row: $0, ends: nil)
            }
            return page
        }
    }

    private func stretches(
        of runID: Int64, after second: Int64, _ step: Int, _ limit: Int, _ connection: borrowing Connection
    ) throws(SQLiteFailure) -> [RunSecond] {
        let rows = try connection.prepare(
            """
            SELECT second - second % ?3 AS stretch, sum(min(max(chunks, 0), 1000000000)),
                sum(min(max(output_tokens, 0), 1000000000)), sum(min(max(completed, 0), 1000000000)),
                sum(min(max(failed, 0), 1000000000)), max(running), max(waiting), iif(?3 = 1, waits, NULL)
            FROM run_seconds WHERE run_id = ?1 AND second > ?2 AND second BETWEEN 0 AND 253402300799
            GROUP BY stretch ORDER BY stretch DESC LIMIT ?4
            """)
        rows.bind(runID, at: 1)
        rows.bind(second, at: 2)
        rows.bind(step, at: 3)
        rows.bind(limit, at: 4)
        var seconds: [RunSecond] = []
        while try rows.step() {
            seconds.append(RunSecond(rows, ofRun: runID))
        }
        return seconds.reversed()
    }

    private func run(_ id: Int64, _ connection: borrowing Connection) throws(SQLiteFailure) -> RunRecord? {
        let rows = try connection.prepare("\(RunRecord.query) WHERE run_id = ?1")
        rows.bind(id, at: 1)
        return try rows.step() ? RunRecord(rows) : nil
    }

    /// The newest runs, the oldest of them first.
    package func runs(limit: Int) throws(StoreError) -> [RunRecord] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare("\(RunRecord.query) ORDER BY run_id DESC LIMIT ?1")
            rows.bind(limit, at: 1)
            var runs: [RunRecord] = []
            while try rows.step() { runs.append(RunRecord(rows)) }
            return runs.reversed()
        }
    }
}
