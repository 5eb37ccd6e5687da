package import BatchEngine
import LLMStreaming

/// Which jobs a table of jobs shows; what is nil lets all pass.
package struct JobSearch: Sendable, Equatable {
    package var status: JobStatus?
    /// The word of the kind of their error.
    package var errorKind: String?
    /// `provider/model`, or the model's name alone.
    package var model: String?
    /// What their ids begin with.
    package var prefix: String?

    package init() {}

    /// Whether a job `j` passes, in the first column behind its numbers; ?2 to ?4 are status, kind and model.
    static let passes: SQL = """
        (?2 IS NULL OR j.status = ?2) AND (?3 IS NULL OR j.error_kind = ?3)
            AND (?4 IS NULL OR j.model = ?4 OR j.provider || '/' || j.model = ?4)
        """

    func bind(to statement: borrowing Statement) {
        statement.bind(status?.rawValue, at: 2)
        statement.bind(errorKind, at: 3)
        statement.bind(model, at: 4)
    }

    /// Whether it is of all jobs with a kind of error.
    private var isOfErrors: Bool { errorKind != nil && status == nil && prefix == nil }

    /// The walk that shows its first jobs; nil where there is none.
    func firstWalk(_ connection: borrowing Connection) throws(SQLiteFailure) -> JobWalk? {
        if prefix != nil { return .ids }
        switch status {
        case .completed: return .completed
        case .running: return .running
        case .failed: return .ended(.failed, kind: errorKind)
        case .cancelled: return .ended(.cancelled, kind: errorKind)
        case .pending, .interrupted: return try readyWalk(behind: nil, connection) ?? .waiting
        case nil: return errorKind.map { .ended(.failed, kind: $0) } ?? .all
        }
    }

    /// The walk behind another one; nil behind the last.
    func walk(behind walk: JobWalk, _ connection: borrowing Connection) throws(SQLiteFailure) -> JobWalk? {
        switch walk {
        case .all, .ids, .completed, .running: return nil
        // Of a kind without a state they come last: a worker that was killed leaves jobs that can run with their error, and
        // no index has those alone.
        case .waiting: return isOfErrors ? try readyWalk(behind: nil, connection) : nil
        case .ready(let model):
            let next = try readyWalk(behind: model, connection)
            // A name that is no UTF-8, which others may have written, is found again behind what it is read as.
            return next != nil && next != walk ? next : isOfErrors ? nil : .waiting
        case .ended(let ended, let kind):
            if let errorKind {
                if status != nil { return nil }
                return ended == .failed ? .ended(.cancelled, kind: errorKind) : .waiting
            }
            return Self.kind(behind: kind).map { .ended(ended, kind: $0) }
        }
    }

    /// The kinds one after the other: without one first, then by their words.
    private static func kind(behind kind: String?) -> String? {
        guard let kind else { return kinds.first }
        return kinds.first { $0 > kind }
    }

    /// All kinds, in the order of their words.
    static let kinds = ErrorKind.allCases.map(\.rawValue).sorted()

    /// The jobs of the next model that has some which can run.
    private func readyWalk(
        behind model: ModelName?, _ connection: borrowing Connection
    ) throws(SQLiteFailure) -> JobWalk? {
        let row = try connection.prepare(Self.nextReadyModel)
        row.bind(model?.provider ?? "", at: 1)
        row.bind(model?.model ?? "", at: 2)
        guard try row.step() else { return nil }
        return .ready(ModelName(provider: row.text(0), model: row.text(1)))
    }

    static let nextReadyModel: SQL = """
        SELECT provider, model FROM main.jobs INDEXED BY jobs_ready
        WHERE status IN ('pending', 'interrupted') AND not_before_ms IS NULL AND (provider, model) > (?1, ?2)
        ORDER BY provider, model LIMIT 1
        """
}

/// A part of the jobs that an index gives in order, so that a page of it costs the same at any number of jobs.
enum JobWalk: Sendable, Equatable {
    /// All, as they were stored.
    case all
    /// Those whose ids begin alike, by id.
    case ids
    case completed
    /// Failed or cancelled ones of a kind, or of none.
    case ended(JobStatus, kind: String?)
    case running
    /// Those of a model that can run.
    case ready(ModelName)
    /// Those that wait for another attempt, by model and by when it is due.
    case waiting

    /// The place of each job in the walk, its number, and whether it passes a search; ?1 is the place to begin behind,
    /// for ids the place to begin at.
    var sql: SQL {
        switch self {
        case .all: "SELECT j.job_id, j.job_id, \(JobSearch.passes) FROM jobs AS j WHERE j.job_id > ?1 ORDER BY j.job_id"
        case .ids:
            """
            SELECT j.custom_id, j.job_id, \(JobSearch.passes) FROM jobs AS j
            WHERE j.custom_id >= ?1 AND j.custom_id < ?5 ORDER BY j.custom_id
            """
        case .completed:
            """
            SELECT c.job_id, c.job_id, \(JobSearch.passes) FROM main.completions AS c CROSS JOIN main.jobs AS j USING (job_id)
            WHERE c.job_id > ?1 AND +c.choice = 0 ORDER BY c.job_id
            """
        case .ended:
            """
            SELECT j.job_id, j.job_id, \(JobSearch.passes) FROM main.jobs AS j INDEXED BY jobs_failed
            WHERE j.status IN ('failed', 'cancelled') AND j.status = ?5 AND j.error_kind IS ?6 AND j.job_id > ?1
            ORDER BY j.job_id
            """
        case .running:
            """
            SELECT a.attempt_id, j.job_id, \(JobSearch.passes)
            FROM main.attempts AS a INDEXED BY attempts_running CROSS JOIN jobs AS j USING (job_id)
            WHERE a.status = 'running' AND a.attempt_id > ?1 ORDER BY a.attempt_id
            """
        case .ready:
            """
            SELECT j.job_id, j.job_id, \(JobSearch.passes) FROM main.jobs AS j INDEXED BY jobs_ready
            WHERE j.status IN ('pending', 'interrupted') AND j.not_before_ms IS NULL AND j.provider = ?5
                AND j.model = ?6 AND j.job_id > ?1
            ORDER BY j.job_id
            """
        case .waiting:
            """
            SELECT j.job_id, j.job_id, \(JobSearch.passes), j.provider, j.model, j.not_before_ms
            FROM main.jobs AS j INDEXED BY jobs_waiting
            WHERE j.not_before_ms IS NOT NULL AND (j.provider, j.model, j.not_before_ms, j.job_id) > (?1, ?5, ?6, ?7)
            ORDER BY j.provider, j.model, j.not_before_ms, j.job_id
            """
        }
    }

    /// The place of a row of it.
    func place(of row: borrowing Statement) -> JobPlace {
        switch self {
        case .ids: .id(row.bytes(0))
        case .waiting:
            .due(
                ModelName(provider: row.text(3), model: row.text(4)), milliseconds: row.integer(5),
                job: row.integer(1))
        case .all, .completed, .ended, .running, .ready: .number(row.integer(0))
        }
    }

    /// Binds where it begins, and what belongs to it alone.
    func bind(_ search: JobSearch, behind place: JobPlace?, to statement: borrowing Statement) {
        search.bind(to: statement)
        if self == .ids {
            let prefix = search.prefix ?? ""
            // The least text behind an id is that with one character more.
            let start: [UInt8] = if case .id(let id) = place { id + [0] } else { Array(prefix.utf8) }
            statement.bind(utf8: start, at: 1)
            statement.bind(prefix + "\u{10FFFF}\u{10FFFF}", at: 5)
            return
        }
        if self == .waiting {
            var (model, due, job) = (ModelName(provider: "", model: ""), Int64.min, Int64.min)
            if case .due(let last, let milliseconds, let number) = place {
                (model, due, job) = (last, milliseconds, number)
            }
            statement.bind(model.provider, at: 1)
            statement.bind(model.model, at: 5)
            statement.bind(due, at: 6)
            statement.bind(job, at: 7)
            return
        }
        let start = if case .number(let number) = place { number } else { Int64.min }
        statement.bind(start, at: 1)
        switch self {
        case .all, .ids, .completed, .running, .waiting: break
        case .ended(let status, let kind):
            statement.bind(status.rawValue, at: 5)
            statement.bind(kind, at: 6)
        case .ready(let model):
            statement.bind(model.provider, at: 5)
            statement.bind(model.model, at: 6)
        }
    }
}

/// A place in a walk.
enum JobPlace: Sendable, Equatable {
    /// Of the row that the walk goes by.
    case number(Int64)
    /// The bytes of an id, which others may have written in no UTF-8.
    case id([UInt8])
    /// Of a job that waits.
    case due(ModelName, milliseconds: Int64, job: Int64)
}
