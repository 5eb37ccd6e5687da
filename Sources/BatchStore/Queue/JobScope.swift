import LLMStreaming

/// Which jobs a command is about.
package enum JobScope: Sendable, Equatable {
    /// All of the database, also those that are gone from their files (`resume`).
    case all
    /// Those of these files that are in them now (`run`).
    case sources([String])
    /// These ones (`retry --job`).
    case jobs([Int64])
    /// What an input that is read once has brought so far (`run -`): the jobs numbered above the newest that was stored
    /// before it, and those that were entered since (`BatchReader.enter`).
    case input(after: Int64)

    /// Which jobs `j` are in the scope that is bound to ?4 and ?5.
    static let condition: SQL = """
        (?4 = 0 OR ?4 = 1 AND j.line IS NOT NULL AND j.source IN (SELECT value FROM json_each(?5))
            OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5))
            OR ?4 = 3 AND (\(newInInput(of: "j.job_id")) OR j.job_id IN (SELECT job_id FROM temp.input_jobs)))
        """

    /// Whether a number is that of a job which the input whose scope is bound to ?5 brought as a new one.
    static func newInInput(of jobID: SQL) -> SQL { "\(jobID) > ?5 AND \(jobID) < \(JobWriter.endOfNumbers)" }

    /// The jobs that were entered into the scope of an input, on a connection that reads: only those that were stored
    /// before it, 10 bytes each.
    static let inputTable: SQL = "CREATE TEMP TABLE input_jobs (job_id INTEGER PRIMARY KEY)"
}

extension Statement {
    /// Binds a scope to two parameters: its sort, and its list as JSON.
    func bind(_ scope: JobScope, at index: Int32 = 4) {
        switch scope {
        case .all:
            bind(0, at: index)
            bind("[]", at: index + 1)
        case .sources(let sources):
            bind(1, at: index)
            bind(utf8: JSON.array(sources.map(JSON.string)).bytes, at: index + 1)
        case .jobs(let ids):
            bind(2, at: index)
            bind(utf8: JSON.array(ids.map { .int(Int($0)) }).bytes, at: index + 1)
        case .input(let newest):
            bind(3, at: index)
            bind(newest, at: index + 1)
        }
    }
}
