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

    /// Compares an input with a database.
    ///
    /// - Parameters:
    ///   - reader: nil where nothing is stored yet.
    ///   - database: its path.
    init(
        _ sources: [InputSource], _ reading: InputReading, checked: InputSummary, policy: ChangedJobPolicy,
        reader: BatchReader?, database: String
    ) async throws {
        changed = ChangedJobs(database: database)
        var feed = JobFeed(sources, reading, checked: checked)
        let names = sources.map(\.name)
        var met = 0
        while let page = try Self.nextPage(&feed) {
            let stored = try await reader?.existing(customIDs: page.jobs.map(\.customID)) ?? [:]
            for job in page.jobs {
                let known = stored[job.customID]
                let outcome = known.map { IngestOutcome(job, over: $0, onChanged: policy) } ?? .new
                if case .conflict(let identity) = outcome {
                    changed.add(job, identity, isAnswered: known?.status == .completed)
                }
                if outcome == .replaced, known?.status == .completed { replacedAnswers += 1 }
                if reading.isEstimating, outcome.isLeft {
                    let model = ModelName(provider: job.provider, model: job.model)
                    work[model, default: WorkEstimate()].add(stored: job.request)
                }
                if let known, names.contains(known.identity.source) { met += 1 }
                counts.add(outcome)
            }
            counts.rejected += page.rejectedLines.count
        }
        guard let reader else { return }
        let known = try await reader.counts(in: .sources(names))
        counts.gone = known.total + known.gone - met
    }

    /// Jobs whose ids are stored with other requests, in words; nil for none.
    var fault: String? { changed.text }

    private static func nextPage(_ feed: inout JobFeed) throws -> InputBatch? {
        do { return try feed.next(maximum: 2_000) } catch { throw Exit(.input, error.description) }
    }
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
