import BatchEngine
import BatchStore

/// What a database already has of an input: what a run will find, and the ids that are stored with other requests.
struct StoredCheck {
    /// What a run finds.
    private(set) var findings = Intake.Findings()
    private var faults: [String] = []
    private var faultCount = 0

    /// Compares an input with a database.
    ///
    /// - Parameter reader: nil where nothing is stored yet.
    init(
        _ sources: [InputSource], _ reading: InputReading, checked: InputSummary, policy: ChangedJobPolicy,
        reader: BatchReader?
    ) async throws {
        var feed = JobFeed(sources, reading, checked: checked)
        let names = sources.map(\.name)
        var met = 0
        while let page = try Self.nextPage(&feed) {
            let stored = try await reader?.existing(customIDs: page.jobs.map(\.customID)) ?? [:]
            for job in page.jobs {
                let known = stored[job.customID]
                let outcome = known.map { IngestOutcome(job, over: $0, onChanged: policy) } ?? .new
                if case .conflict(let identity) = outcome { add(job, identity) }
                if let known, names.contains(known.identity.source) { met += 1 }
                findings.add(outcome)
            }
            findings.rejected += page.rejectedLines.count
        }
        guard let reader else { return }
        let counts = try await reader.counts(in: .sources(names))
        findings.gone = counts.total + counts.gone - met
    }

    /// Jobs whose ids are stored with other requests: the first in words, the others by their number; nil for none.
    var fault: String? {
        guard faultCount > 0 else { return nil }
        let untold = faultCount - faults.count
        return (faults + (untold > 0 ? ["… and \(ProgressLine.count(untold)) more"] : [])).joined(separator: "\n")
    }

    private mutating func add(_ job: NewJob, _ stored: StoredIdentity) {
        faultCount += 1
        guard faults.count < FaultReport.maximumFaults else { return }
        faults.append(Intake.changed(job.customID, at: "\(job.source):\(job.line)", stored))
    }

    private static func nextPage(_ feed: inout JobFeed) throws -> InputBatch? {
        do { return try feed.next(maximum: 2_000) } catch { throw Exit(.input, error.description) }
    }
}
