import BatchEngine
import LLMStreaming

extension BatchStatistics {
    /// What an endpoint of a provider did, as far as its attempts say where they were sent.
    package struct Endpoint: Sendable, Equatable {
        package var provider: String
        /// The base URL, with `#` and the key's variable where there are several keys.
        package var name: String
        /// Requests that were sent there, and those of them that failed, also where another attempt made it good.
        package var attempts: Int
        package var failures: Int
        /// Jobs whose answer ended there.
        package var answers: Int
        /// Of all attempts, each response once.
        package var promptTokens: Int
        package var completionTokens: Int
        /// Of those answers.
        package var answeredPromptTokens: Int
        /// Those of the answers' prompts that were read from a cache; nil where no answer told of any.
        package var cachedTokens: Int?
        /// From an attempt's start to its first content, in microseconds.
        package var firstToken = Quantiles()
        /// Output tokens a second of streaming, of whole answers.
        package var tokensPerSecond = Quantiles()

        /// The part of the answers' prompts that was read from a cache, from 0 to 1; nil where that is not known.
        package var cachedShare: Double? { cachedTokens.flatMap { $0.share(of: answeredPromptTokens) } }
    }
}

/// What statistics sum of endpoints over the ranges of jobs (`BatchReader.eachRange`).
///
/// Times lie in a temporary table, as in `AnswerTimes`: memory grows with the endpoints alone.
struct EndpointSums {
    private var endpoints: [BatchStatistics.Endpoint] = []
    private var numbers: [RowKey: Int] = [:]

    /// The sums of no attempt.
    init(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.execute(
            "CREATE TEMP TABLE endpoint_times (endpoint INTEGER NOT NULL, first_token INTEGER, tokens_per_second REAL)")
    }

    /// Adds a range, and leaves its times in the table `endpoint_times`.
    mutating func add(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try addUsage(connection)
        try addTimes(connection)
    }

    private mutating func addUsage(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let rows = try connection.prepare(
            """
            SELECT provider, endpoint, tries, failures, answers, prompt_tokens, completion_tokens, answered_prompt_tokens,
                cached_tokens
            FROM usage_by_endpoint
            """)
        while try rows.step() {
            let new = BatchStatistics.Endpoint(
                provider: rows.text(0), name: rows.text(1), attempts: rows.int(2), failures: rows.int(3),
                answers: rows.int(4), promptTokens: rows.int(5), completionTokens: rows.int(6),
                answeredPromptTokens: rows.int(7), cachedTokens: rows.optionalInt(8))
            let key = RowKey(new.provider, new.name)
            if let number = numbers[key] {
                endpoints[number].add(new)
            } else {
                numbers[key] = endpoints.count
                endpoints.append(new)
            }
        }
    }

    /// What a replay brings was streamed before, and its times are not those of the answer.
    private mutating func addTimes(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let rows = try connection.prepare(
            """
            SELECT j.provider, a.endpoint, a.first_chunk_us, a.duration_us, a.completion_tokens, a.status = 'completed'
            FROM attempts AS a CROSS JOIN jobs AS j USING (job_id)
            WHERE a.endpoint IS NOT NULL AND a.first_chunk_us IS NOT NULL AND a.resume_strategy IS NOT 'replay'
            """)
        let insert = try connection.prepare("INSERT INTO temp.endpoint_times VALUES (?1, ?2, ?3)")
        while try rows.step() {
            guard let number = numbers[RowKey(rows.text(0), rows.text(1))] else { continue }
            let (firstToken, duration) = (rows.optionalMicroseconds(2), rows.optionalMicroseconds(3))
            let tokens = rows.int(5) != 0 ? rows.optionalCount(4) : nil
            let speed = AnswerTimes.tokensPerSecond(firstToken, duration, tokens)
            endpoints[number].firstToken.count += firstToken == nil ? 0 : 1
            endpoints[number].tokensPerSecond.count += speed == nil ? 0 : 1
            insert.bind(number, at: 1)
            insert.bind(firstToken, at: 2)
            insert.bind(speed, at: 3)
            try insert.run()
        }
    }

    /// All endpoints, by provider and name.
    func all(_ connection: borrowing Connection) throws(SQLiteFailure) -> [BatchStatistics.Endpoint] {
        let firstToken = try BatchStatistics.Quantiles.ofGroups(
            connection, of: "first_token", by: "endpoint", in: "endpoint_times",
            totals: endpoints.map(\.firstToken.count))
        let tokensPerSecond = try BatchStatistics.Quantiles.ofGroups(
            connection, of: "tokens_per_second", by: "endpoint", in: "endpoint_times",
            totals: endpoints.map(\.tokensPerSecond.count))
        var all = endpoints
        for number in all.indices {
            (all[number].firstToken, all[number].tokensPerSecond) = (firstToken[number], tokensPerSecond[number])
        }
        return all.sorted { RowKey($0.provider, $0.name) < RowKey($1.provider, $1.name) }
    }
}

extension Int {
    /// What part of a whole it is, from 0 to 1; nil where there is no whole.
    func share(of whole: Int) -> Double? { whole > 0 ? (Double(self) / Double(whole)).clamped(to: 0...1) : nil }
}

extension BatchStatistics.Endpoint {
    fileprivate mutating func add(_ other: Self) {
        for path in [
            \.attempts, \.failures, \.answers, \.promptTokens, \.completionTokens, \.answeredPromptTokens,
        ] as [WritableKeyPath<Self, Int>] {
            self[keyPath: path] = self[keyPath: path].addingClamped(other[keyPath: path])
        }
        if let more = other.cachedTokens { cachedTokens = (cachedTokens ?? 0).addingClamped(more) }
    }
}
