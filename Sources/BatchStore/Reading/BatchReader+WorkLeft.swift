package import BatchEngine
import LLMStreaming

extension BatchReader {
    /// What the jobs of a scope that are left are expected to use up, by model.
    ///
    /// - Parameter revival: the failed jobs that count too, since they are about to be revived; nil for none.
    package func workLeft(
        in scope: JobScope, reviving revival: Revival? = nil
    ) throws(StoreError) -> [ModelName: WorkEstimate] {
        var work: [ModelName: WorkEstimate] = [:]
        var last: Int64 = 0
        // In pages, since a transaction that stays open keeps the WAL from shrinking.
        while let page = try requests(in: scope, reviving: revival, after: last) {
            for (model, request) in page.requests { work[model, default: WorkEstimate()].add(stored: request) }
            last = page.last
        }
        return work
    }

    private func requests(
        in scope: JobScope, reviving revival: Revival?, after last: Int64
    ) throws(StoreError) -> (requests: [(ModelName, [UInt8])], last: Int64)? {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT j.provider, j.model, r.request, j.job_id
                FROM jobs AS j JOIN requests AS r USING (job_id)
                WHERE j.job_id > ?1 AND (j.status IN ('pending', 'interrupted', 'running')
                    OR ?6 AND \(Revival.condition))
                    AND \(JobScope.condition)
                ORDER BY j.job_id LIMIT 1000
                """)
            rows.bind(last, at: 1)
            rows.bind(revival ?? Revival())
            rows.bind(scope)
            rows.bind(revival == nil ? 0 : 1, at: 6)
            var page: (requests: [(ModelName, [UInt8])], last: Int64) = ([], last)
            // A thousand requests may be a thousand times their largest size.
            var bytes = 0
            while bytes < Self.maximumPageBytes, try rows.step() {
                page.requests.append((ModelName(provider: rows.text(0), model: rows.text(1)), rows.bytes(2)))
                page.last = rows.integer(3)
                bytes += page.requests.last?.1.count ?? 0
            }
            return page.requests.isEmpty ? nil : page
        }
    }

    /// The models of the jobs in scope that can still run, sorted.
    ///
    /// - Parameter revived: whether failed and cancelled jobs count too, since they are about to be revived.
    package func models(in scope: JobScope, revived: Bool = false) throws(StoreError) -> [ModelName] {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT DISTINCT j.provider, j.model
                FROM jobs AS j
                WHERE (j.status IN ('pending', 'interrupted', 'running') OR ?1 AND j.status IN ('failed', 'cancelled'))
                    AND \(JobScope.condition)
                ORDER BY 1, 2
                """)
            rows.bind(revived ? 1 : 0, at: 1)
            rows.bind(scope)
            var names: [ModelName] = []
            while try rows.step() { names.append(ModelName(provider: rows.text(0), model: rows.text(1))) }
            return names
        }
    }
}
