import BatchEngine
import BatchStore

/// Job files that were read whole and have no fault, but for those that are skipped.
struct BatchInput: Sendable {
    private let sources: [InputSource]
    private let reading: InputReading
    private let summary: InputSummary

    /// The jobs of a page are stored in one transaction.
    private static let pageJobs = 10_000

    /// Checks every line of the files.
    init(_ files: [String], _ reading: InputReading) throws(BatchError) {
        sources = files.map(InputSource.file)
        self.reading = reading
        do { summary = try InputValidator(sources, reading).validate() } catch {
            throw BatchError(.input, error.description)
        }
        if !summary.report.isEmpty, !reading.skipsInvalid {
            throw BatchError(.input, summary.report.description)
        }
    }

    /// The files' names, as they are stored.
    var names: [String] { sources.map(\.name) }

    /// The providers that the jobs name.
    var providers: [String] { summary.jobsByProvider.keys.sorted() }

    /// The models that the jobs name.
    var models: [ModelName] { Array(summary.jobsByModel.keys) }

    /// Stores the jobs that are not stored yet, and notes which are gone from their files.
    func store(in database: BatchDatabase, _ policy: ChangedJobPolicy) async throws {
        for name in names { try await database.forgetRejectedLines(of: name) }
        var feed = JobFeed(sources, reading, checked: summary)
        while let page = try Self.next(&feed) { try await database.store(page, policy) }
        for name in names { _ = try await database.markGone(from: name) { feed.contains($0) } }
    }

    private static func next(_ feed: inout JobFeed) throws(BatchError) -> InputBatch? {
        do { return try feed.next(maximum: pageJobs) } catch { throw BatchError(.input, error.description) }
    }
}
