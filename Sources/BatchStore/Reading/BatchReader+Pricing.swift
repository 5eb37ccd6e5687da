package import BatchEngine
import LLMStreaming

extension BatchReader {
    /// What the stored tries cost by a table of prices, by model: a provider's own figure goes before it, and what was
    /// stored stays where the table has no price.
    ///
    /// Of the tries that belong to one response the dearest counts.
    package func costs(
        by prices: PriceTable
    ) throws(StoreError) -> [ModelName: (costUSD: Double?, unpriced: Int)] {
        var costs: [ModelName: (costUSD: Double?, unpriced: Int)] = [:]
        var last: Int64 = 0
        while true {
            let page = try priced(by: prices, after: last)
            guard let end = page.last else { return costs }
            for (lane, cost) in page.responses {
                var sum = costs[lane] ?? (nil, 0)
                if let cost { sum.costUSD = (sum.costUSD ?? 0) + cost } else { sum.unpriced += 1 }
                costs[lane] = sum
            }
            last = end
        }
    }

    /// The responses of the next jobs, each with its cost.
    private func priced(
        by prices: PriceTable, after last: Int64
    ) throws(StoreError) -> (responses: [(lane: ModelName, cost: Double?)], last: Int64?) {
        try read { (connection) throws(SQLiteFailure) in
            let rows = try connection.prepare(
                """
                SELECT j.job_id, j.provider, j.model, coalesce(a.response_id, 'attempt ' || a.attempt_id), a.cost_usd,
                    a.prompt_tokens, a.completion_tokens, c.usage
                FROM (SELECT job_id, provider, model FROM jobs WHERE job_id > ?1 ORDER BY job_id LIMIT 5000) AS j
                CROSS JOIN attempts AS a ON a.job_id = j.job_id
                LEFT JOIN completions AS c ON c.job_id = a.job_id AND c.choice = 0 AND c.attempt_id = a.attempt_id
                ORDER BY j.job_id, a.number
                """)
            rows.bind(last, at: 1)
            var responses: [(lane: ModelName, cost: Double?)] = []
            var places: [String: Int] = [:]
            while try rows.step() {
                let lane = ModelName(provider: rows.text(1), model: rows.text(2))
                let tokens = (rows.optionalCount(5), rows.optionalCount(6))
                // A try that was not billed has neither.
                guard tokens.0 != nil || tokens.1 != nil || rows.optionalBytes(7) != nil else { continue }
                let usage = Self.usage(rows.optionalBytes(7), tokens)
                let cost = prices.cost(of: usage, in: lane) ?? rows.optionalMoney(4)
                let key = "\(rows.integer(0)) \(rows.text(3))"
                if let place = places[key] {
                    responses[place].cost = [responses[place].cost, cost].compactMap(\.self).max()
                } else {
                    places[key] = responses.count
                    responses.append((lane, cost))
                }
            }
            let end = try connection.prepare(
                "SELECT max(job_id) FROM (SELECT job_id FROM jobs WHERE job_id > ?1 ORDER BY job_id LIMIT 5000)")
            end.bind(last, at: 1)
            return (responses, try end.step() ? end.optionalInteger(0) : nil)
        }
    }

    /// What a provider reported: as it came, else by the counts that were kept of it.
    private static func usage(_ raw: [UInt8]?, _ tokens: (prompt: Int?, completion: Int?)) -> StreamResult {
        var report = raw.flatMap { try? JSONParser.parse($0) }?.object ?? JSONObject()
        if report.isEmpty {
            report["prompt_tokens"] = tokens.prompt.map(JSON.int)
            report["completion_tokens"] = tokens.completion.map(JSON.int)
        }
        var result = StreamResult(outcome: .failed(LLMError(.cut, "")))
        result.usage = TokenUsage(raw: report)
        return result
    }
}
