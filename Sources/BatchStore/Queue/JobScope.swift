import LLMStreaming

/// Which jobs a command is about.
package enum JobScope: Sendable, Equatable {
    /// All of the database, also those that are gone from their files (`resume`).
    case all
    /// Those of these files that are in them now (`run`).
    case sources([String])
    /// These ones (`retry --job`).
    case jobs([Int64])

    /// Which jobs `j` are in the scope that is bound to ?4 and ?5.
    static let condition: SQL = """
        (?4 = 0 OR ?4 = 1 AND j.line IS NOT NULL AND j.source IN (SELECT value FROM json_each(?5))
            OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5)))
        """
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
        }
    }
}
