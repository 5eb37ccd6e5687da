import BatchEngine
import BatchStore
import LLM4SBatch

/// What a database already has of an input: what a run will find, and the ids that are stored with other requests.
struct StoredCheck {
    /// What a run finds.
    private(set) var counts = IntakeCounts()
    /// How many stored answers the new requests would take the place of.
    private(set) var replacedAnswers = 0
    /// What the jobs that are left are expected to use up, by model; empty where no estimate was asked for.
    private(set) var work: [ModelName: WorkEstimate] = [:]
    private var changed: ChangedJobs
    /// How many of the stored jobs of these sources the input has.
    private var met = 0

    private let names: [String]
    private let policy: ChangedJobPolicy
    private let isEstimating: Bool
    private let reader: BatchReader?

    /// Begins to compare.
    ///
    /// - Parameters:
    ///   - reader: nil where nothing is stored yet.
    ///   - database: its path.
    init(
        _ sources: [InputSource], policy: ChangedJobPolicy, isEstimating: Bool, reader: BatchReader?, database: String
    ) {
        changed = ChangedJobs(database: database)
        names = sources.map(\.name)
        self.policy = policy
        self.isEstimating = isEstimating
        self.reader = reader
    }

    /// Compares jobs of the input, in their order.
    mutating func add(_ jobs: [NewJob]) async throws {
        let jobs = try await reader?.namingFirstSamples(jobs) ?? jobs
        let stored = try await reader?.existing(customIDs: jobs.map(\.customID))
        for (position, job) in jobs.enumerated() {
            let known = stored?[position]
            let outcome = known.map { IngestOutcome(job, over: $0, onChanged: policy) } ?? .new
            if case .conflict(let identity) = outcome {
                changed.add(job, identity, isAnswered: known?.status == .completed)
            }
            if outcome == .replaced, known?.status == .completed { replacedAnswers += 1 }
            if isEstimating, outcome.isLeft {
                let model = ModelName(provider: job.provider, model: job.model)
                work[model, default: WorkEstimate()].add(stored: job.request)
            }
            if let known, names.contains(known.identity.source) { met += 1 }
            counts.add(outcome)
        }
    }

    /// Adds what only the whole input shows: lines that are left out, and stored jobs that it no longer has.
    mutating func finish(_ summary: InputSummary) async throws {
        counts.rejected = summary.rejectedLines
        guard let reader else { return }
        let known = try await reader.counts(in: .sources(names))
        counts.gone = known.total + known.gone - met
    }

    /// Jobs whose ids are stored with other requests, in words; nil for none.
    var fault: String? { changed.text }
}

extension IngestOutcome {
    /// Whether a run has the job to do.
    fileprivate var isLeft: Bool {
        switch self {
        case .new, .replaced: true
        case .unchanged(let status), .kept(let status): [.pending, .running, .interrupted].contains(status)
        case .conflict: false
        }
    }
}
