import BatchEngine
import LLMStreaming

/// What the column `attempts.partial` holds.
extension StoredPartial {
    /// What the rest of an attempt's row may take.
    private static let otherBytes = 64 << 10

    /// Reads the column; nil where it cannot be read.
    ///
    /// - Parameter endpoint: of the row.
    init?(attemptID: Int64, stored: [UInt8], endpoint: String?) {
        guard let json = try? JSONParser.parse(stored) else { return nil }
        self.init(attemptID: attemptID, json: json)
        self.endpoint = endpoint
    }

    /// What is stored of it; nil where a row of so many bytes has no room for it.
    ///
    /// Such a text is begun anew: without it the attempt's row, and with that the whole batch, can still be written.
    func stored(inRowOf maximumBytes: Int) -> [UInt8]? {
        let most = maximumBytes - Self.otherBytes
        // A byte of text may take six.
        guard answer.byteCount <= most else { return nil }
        let bytes = json.bytes
        return bytes.count <= most ? bytes : nil
    }

    /// Whether the answer of a row of `attempts` was not taken: nothing goes on from it, nor from what came before it.
    static let isRejected: SQL = "coalesce(error_kind IN ('invalid_answer', 'repetition'), false)"

    /// Which attempts of a job say what there is to go on from; the newest of them does, unless its answer was not taken.
    ///
    /// - Parameters:
    ///   - id: the job's.
    ///   - hash: its request's.
    static func candidates(ofJob id: SQL, _ hash: SQL) -> SQL {
        "job_id = \(id) AND request_sha256 = \(hash) AND (partial IS NOT NULL OR \(isRejected))"
    }

    /// The status of a job in `jobs` that is put back into the queue: interrupted where its newest partial answer has
    /// text to go on from, else pending.
    static let queuedStatus: SQL = """
        iif((
                SELECT iif(json_valid(partial) AND NOT \(isRejected), partial, '{}') ->> '$.choices[0].text'
                FROM attempts WHERE \(candidates(ofJob: "jobs.job_id", "jobs.request_sha256"))
                ORDER BY number DESC LIMIT 1
            ) <> '', 'interrupted', 'pending')
        """
}
