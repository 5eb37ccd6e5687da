package import LLMStreaming

/// Attempts that ended in a second.
package struct AttemptEnds: Sendable, Equatable {
    /// The times to their first content, in microseconds.
    package var firstTokens: [Int64] = []
    /// Those that failed, by kind, also where another attempt followed.
    package var errors: [String: Int] = [:]

    package init() {}

    /// A percentile of the times; nil where there is none.
    package func firstToken(_ percentile: Percentile) -> Int64? { percentile.value(of: firstTokens) }
}

/// Those of the newest attempts that have ended, by run and by the stretch of their end.
package struct EndedAttempts: Sendable {
    private struct Run {
        var stretches: [Int64: AttemptEnds] = [:]
        /// When the oldest of them began, in Unix milliseconds.
        var began = Int64.max
    }

    private var runs: [Int64: Run] = [:]
    /// Whether no attempt is older than those that were looked at.
    fileprivate var areAll = false

    fileprivate init() {}

    fileprivate mutating func begin(_ run: Int64, at milliseconds: Int64) {
        runs[run, default: Run()].began = min(runs[run]?.began ?? .max, milliseconds)
    }

    fileprivate mutating func add(_ run: Int64, _ stretch: Int64, firstToken: Int64?, errorKind: String?) {
        if let firstToken {
            runs[run, default: Run()].stretches[stretch, default: AttemptEnds()].firstTokens.append(firstToken)
        }
        if let errorKind {
            runs[run, default: Run()].stretches[stretch, default: AttemptEnds()].errors[errorKind, default: 0] += 1
        }
    }

    /// Those of a run that ended in a stretch, by its first second; nil where that is too long ago to be known.
    ///
    /// Only what ended before the oldest that is known began is too long ago. Behind that an older attempt may have ended
    /// too, for as long as answers take, and is missing here: leaving out all of that time would leave out much more.
    func ends(ofRun run: Int64, in stretch: Int64) -> AttemptEnds? {
        let known = runs[run]
        guard areAll || known.map({ stretch > $0.began / 1000 }) ?? false else { return nil }
        return known?.stretches[stretch] ?? AttemptEnds()
    }
}

extension BatchReader {
    /// The newest attempts that are looked at for what happened over time.
    package static let newestAttempts = 20_000

    /// Which of the newest attempts have ended, and when; reads each once, whatever the number of runs.
    ///
    /// - Parameters:
    ///   - steps: the runs, each with the seconds of its stretches, at least 1.
    ///   - second: the first that is asked for.
    ///   - attempts: how many of the newest attempts are looked at.
    package func endedAttempts(
        ofRuns steps: [Int64: Int], from second: Int64 = 0, attempts: Int = newestAttempts
    ) throws(StoreError) -> EndedAttempts {
        try read { (connection) throws(SQLiteFailure) in
            var ended = EndedAttempts()
            let newest = try connection.integer("SELECT max(attempt_id) FROM attempts") ?? 0
            let least = newest.addingClamped(-Int64(attempts))
            ended.areAll = least <= 0
            let rows = try connection.prepare(
                """
                SELECT run_id, started_ms, duration_us, first_chunk_us, error_kind FROM attempts
                WHERE attempt_id > ?1 AND duration_us IS NOT NULL AND status <> 'running'
                """)
            rows.bind(least, at: 1)
            while try rows.step() {
                let run = rows.integer(0)
                guard let step = steps[run] else { continue }
                let start = rows.unixMilliseconds(1)
                ended.begin(run, at: start)
                let end = (start + rows.microseconds(2) / 1000) / 1000
                let stretch = end - end % Int64(step)
                guard stretch >= second else { continue }
                ended.add(
                    run, stretch, firstToken: rows.optionalMicroseconds(3), errorKind: rows.optionalText(4))
            }
            return ended
        }
    }
}
