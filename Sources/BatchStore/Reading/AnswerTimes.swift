import BatchEngine
import LLMStreaming

/// The times of the answers of each model, gathered range by range.
///
/// They lie in a temporary table, by a number for their model: sorted, they give the quantiles one after the other, and
/// memory holds none of them.
struct AnswerTimes {
    /// What is counted of a model; only its answers with choice 0 are jobs and have times.
    private struct Counts {
        var completed = 0
        var copied = 0
        var firstToken = 0
        var duration = 0
        var tokensPerSecond = 0
        var finishReasons: [FinishReason: Int] = [:]
    }

    private var names: [ModelName] = []
    private var numbers: [ModelName: Int] = [:]
    private var counts: [Counts] = []
    /// Whole answers by the number of pieces that they are joined from.
    private(set) var segments: [Int: Int] = [:]

    /// The times of no answer.
    init(_ connection: borrowing Connection) throws(SQLiteFailure) {
        try connection.execute(
            """
            CREATE TEMP TABLE answer_times (model INTEGER NOT NULL, first_token INTEGER, duration INTEGER,
                tokens_per_second REAL)
            """)
    }

    /// Adds the answers of a range (`BatchReader.eachRange`), and leaves their times in the table `answer_times`.
    mutating func add(_ connection: borrowing Connection) throws(SQLiteFailure) {
        let rows = try connection.prepare(
            """
            SELECT j.provider, j.model, c.choice, c.finish_reason, c.segments, c.ttft_us, c.duration_us,
                c.completion_tokens, c.copied_from IS NOT NULL
            FROM completions AS c CROSS JOIN jobs AS j USING (job_id)
            """)
        let insert = try connection.prepare("INSERT INTO temp.answer_times VALUES (?1, ?2, ?3, ?4)")
        while try rows.step() {
            let name = ModelName(provider: rows.text(0), model: rows.text(1))
            let number = numbers[name] ?? names.count
            if number == names.count {
                numbers[name] = number
                names.append(name)
                counts.append(Counts())
            }
            counts[number].finishReasons[rows.word(3, else: .unknown), default: 0] += 1
            guard rows.integer(2) == 0 else { continue }
            segments[rows.int(4), default: 0] += 1
            let (firstToken, duration) = (rows.optionalMicroseconds(5), rows.optionalMicroseconds(6))
            let speed = Self.tokensPerSecond(firstToken, duration, rows.optionalCount(7))
            counts[number].completed += 1
            counts[number].copied += rows.int(8)
            counts[number].firstToken += firstToken == nil ? 0 : 1
            counts[number].duration += duration == nil ? 0 : 1
            counts[number].tokensPerSecond += speed == nil ? 0 : 1
            insert.bind(number, at: 1)
            insert.bind(firstToken, at: 2)
            insert.bind(duration, at: 3)
            insert.bind(speed, at: 4)
            try insert.run()
        }
    }

    /// Output tokens a second behind the first; nil where that is not known.
    static func tokensPerSecond(_ firstToken: Int64?, _ duration: Int64?, _ tokens: Int?) -> Double? {
        guard let firstToken, let duration, let tokens, duration > firstToken else { return nil }
        return 1e6 * Double(tokens) / Double(duration - firstToken)
    }

    /// The models that have an answer, by provider and name.
    ///
    /// - Parameter gaps: the times between pieces of each.
    func models(
        _ connection: borrowing Connection, gaps: [ModelName: [Double: Int]]
    ) throws(SQLiteFailure) -> [BatchStatistics.Model] {
        func quantiles(_ column: SQL, _ totals: [Int]) throws(SQLiteFailure) -> [BatchStatistics.Quantiles] {
            try BatchStatistics.Quantiles.ofGroups(
                connection, of: column, by: "model", in: "answer_times", totals: totals)
        }
        let firstToken = try quantiles("first_token", counts.map(\.firstToken))
        let duration = try quantiles("duration", counts.map(\.duration))
        let tokensPerSecond = try quantiles("tokens_per_second", counts.map(\.tokensPerSecond))
        let models = names.indices.filter { counts[$0].completed > 0 }.map { number in
            BatchStatistics.Model(
                provider: names[number].provider, model: names[number].model, completed: counts[number].completed,
                copied: counts[number].copied, firstToken: firstToken[number],
                gaps: BatchStatistics.Quantiles(gaps[names[number]] ?? [:]),
                duration: duration[number], tokensPerSecond: tokensPerSecond[number],
                finishReasons: counts[number].finishReasons)
        }
        return models.sorted { RowKey($0.provider, $0.model) < RowKey($1.provider, $1.model) }
    }

    /// The quantiles of the times to the first token, over all models.
    func firstToken(_ connection: borrowing Connection) throws(SQLiteFailure) -> BatchStatistics.Quantiles {
        let rows = try connection.prepare(
            "SELECT first_token FROM temp.answer_times WHERE first_token IS NOT NULL ORDER BY 1")
        var quantiles = BatchStatistics.Quantiles(count: counts.reduce(0) { $0 + $1.firstToken })
        var rank = 0
        while try rows.step() {
            rank += 1
            quantiles.note(rows.optionalDouble(0) ?? 0, rank: rank)
        }
        return quantiles
    }
}

extension BatchStatistics.Quantiles {
    /// The quantiles of a column of a temporary table, by the number of a group.
    ///
    /// - Parameters:
    ///   - group: the column with that number, from 0.
    ///   - totals: how many values each group has.
    static func ofGroups(
        _ connection: borrowing Connection, of column: SQL, by group: SQL, in table: SQL, totals: [Int]
    ) throws(SQLiteFailure) -> [Self] {
        let rows = try connection.prepare(
            "SELECT \(group), \(column) FROM temp.\(table) WHERE \(column) IS NOT NULL ORDER BY 1, 2")
        var quantiles = totals.map { Self(count: $0) }
        var ranks = totals.map { _ in 0 }
        while try rows.step() {
            let number = rows.int(0)
            ranks[number] += 1
            quantiles[number].note(rows.optionalDouble(1) ?? 0, rank: ranks[number])
        }
        return quantiles
    }
}
