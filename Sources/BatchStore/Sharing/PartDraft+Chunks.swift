import LLMStreaming

// Chunks get numbers of their own in a part: a database's may have gaps, and would be added up each time that its parts are
// taken and published again.
extension PartDraft {
    /// Copies the chunks of the chosen attempts, whose rows lie among those of others: each stretch is read once, however
    /// many of them lie in it, and moves down to the one before it.
    func copyChunks() throws(SQLiteFailure) {
        // Where each stretch lies in the database, and by how much it moves.
        try connection.execute(
            "CREATE TEMP TABLE moved (least INTEGER PRIMARY KEY, greatest INTEGER NOT NULL, distance INTEGER NOT NULL)")
        let move = try connection.prepare("INSERT INTO temp.moved (least, greatest, distance) VALUES (?1, ?2, ?3)")
        let copy = try connection.prepare(
            """
            INSERT INTO main.chunks (chunk_id, attempt_id, seq, at_us, kind, choice, item, text)
            SELECT chunk_id - ?3, attempt_id, seq, at_us, kind, choice, item, text FROM source.chunks
            WHERE chunk_id BETWEEN ?1 AND ?2 AND attempt_id IN (SELECT attempt_id FROM main.attempts)
            ORDER BY chunk_id
            """)
        var next: Int64 = 1
        for stretch in try stretches() {
            let distance = stretch.lowerBound - next
            Self.bind(stretch, distance, to: move)
            try move.run()
            Self.bind(stretch, distance, to: copy)
            try copy.run()
            next = (stretch.upperBound - distance).addingClamped(1)
        }
        // An attempt whose numbers no worker can have given has no rows.
        try connection.execute(
            """
            UPDATE main.attempts SET (first_chunk_id, last_chunk_id) = (
                SELECT attempts.first_chunk_id - m.distance, attempts.last_chunk_id - m.distance FROM temp.moved AS m
                WHERE m.least = (SELECT max(least) FROM temp.moved WHERE least <= attempts.first_chunk_id)
                    AND m.greatest >= attempts.first_chunk_id)
            WHERE first_chunk_id IS NOT NULL
            """)
    }

    private static func bind(_ stretch: ClosedRange<Int64>, _ distance: Int64, to statement: borrowing Statement) {
        statement.bind(stretch.lowerBound, at: 1)
        statement.bind(stretch.upperBound, at: 2)
        statement.bind(distance, at: 3)
    }

    /// Where rows of the chosen attempts lie, in their order.
    private func stretches() throws(SQLiteFailure) -> [ClosedRange<Int64>] {
        let extents = try connection.prepare(
            """
            SELECT first_chunk_id, coalesce(last_chunk_id, 9223372036854775807) FROM main.attempts
            WHERE first_chunk_id BETWEEN 1 AND 4611686018427387903 ORDER BY 1
            """)
        var stretches: [ClosedRange<Int64>] = []
        while try extents.step() {
            let first = extents.integer(0)
            let last = max(first, extents.integer(1))
            if let newest = stretches.last, first <= newest.upperBound {
                stretches[stretches.count - 1] = newest.lowerBound...max(newest.upperBound, last)
            } else {
                stretches.append(first...last)
            }
        }
        return stretches
    }
}
