/// What somebody else writes into a database: a line of `table column row value` as a statement.
struct ForeignWrite {
    /// The UPDATE.
    let statement: String

    /// Reads a line: table, column, which of its rows (0 for all), value; nil where it is none.
    init?(_ line: Substring) {
        let words = line.split(separator: " ", maxSplits: 3)
        guard words.count == 4, let row = Int(words[2]).map({ abs($0 % 4) }) else { return nil }
        guard let (table, columns) = Self.columns.first(where: { $0.table == words[0] }),
            columns.contains(String(words[1]))
        else { return nil }
        let key = table == "run_seconds" ? "second" : "rowid"
        let place = row == 0 ? "" : " WHERE \(key) = (SELECT \(key) FROM \(table) LIMIT 1 OFFSET \(row - 1))"
        statement = "UPDATE OR IGNORE \(table) SET \(words[1]) = \(Self.literal(words[3]))\(place)"
    }

    /// A number as it stands, also one at the end of its range, else a text.
    private static func literal(_ word: Substring) -> String {
        if let number = Int64(word) { return number == .min ? "(-9223372036854775807 - 1)" : String(number) }
        if word == "NULL" { return "NULL" }
        if let number = Double(word), !number.isNaN {
            return number.isInfinite ? number < 0 ? "-9e999" : "9e999" : "\(number)"
        }
        let digits = word.utf8.map { String(Int($0) + 256, radix: 16).dropFirst() }
        return "CAST(x'\(digits.joined())' AS TEXT)"
    }

    /// What may be written to.
    private static let columns: [(table: String, columns: [String])] = [
        (
            "jobs",
            [
                "job_id", "line", "attempts", "not_before_ms", "created_ms", "updated_ms", "status", "error_kind",
                "custom_id", "source", "provider", "model", "request_sha256", "error",
            ]
        ),
        (
            "attempts",
            [
                "attempt_id", "job_id", "number", "counts", "run_id", "resumed_from", "prefix_chars",
                "overlap_chars", "started_ms", "first_byte_us", "first_chunk_us", "duration_us", "status",
                "http_status",
                "retry_after_ms", "first_chunk_id", "last_chunk_id", "chunk_count", "gaps", "prompt_tokens",
                "completion_tokens", "cost_usd", "partial", "notes", "resume_strategy", "response_id", "error_kind",
            ]
        ),
        ("chunks", ["chunk_id", "attempt_id", "seq", "at_us", "kind", "choice", "item", "text"]),
        (
            "completions",
            [
                "job_id", "choice", "attempt_id", "created_ms", "prompt_tokens", "completion_tokens",
                "total_tokens", "cached_tokens", "cache_creation_tokens", "reasoning_tokens", "billed_prompt_tokens",
                "billed_completion_tokens", "cost_usd", "ttft_us", "duration_us", "chunk_count", "segments", "seams",
                "usage",
                "tool_calls", "message", "content",
            ]
        ),
        ("runs", ["run_id", "started_ms", "finished_ms", "status", "exit_code", "pid", "command", "host"]),
        ("run_seconds", ["second", "chunks", "output_tokens", "completed", "failed", "running", "waiting", "waits"]),
        ("requests", ["job_id", "metadata", "request"]),
    ]
}
