import LLMStreaming

extension Statement {
    /// Binds a scope to the two parameters of a scope's condition: its sort, and its list as JSON.
    ///
    /// ```sql
    /// (?4 = 0 OR ?4 = 1 AND j.line IS NOT NULL AND j.source IN (SELECT value FROM json_each(?5))
    ///     OR ?4 = 2 AND j.job_id IN (SELECT value FROM json_each(?5)))
    /// ```
    func bind(_ scope: JobScope, at index: Int32) {
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
