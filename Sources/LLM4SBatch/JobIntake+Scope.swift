package import BatchEngine
import BatchStore
import SystemCalls

/// An input that is read once is the scope of its run: what it names of the stored jobs comes into it.
extension JobIntake {
    /// Brings the jobs of a page that were stored before into the scope of the run.
    ///
    /// - Returns: those of them that have ended.
    func enter(
        _ jobs: [NewJob], _ outcomes: [IngestOutcome], in database: BatchDatabase,
        entering: ([Int64]) async throws -> Void
    ) async throws -> [Int64] {
        let known = zip(jobs, outcomes).filter { $0.1 != .new }
        let numbers = try await database.reader.numbers(ofJobs: known.map(\.0.customID))
        try await entering(numbers)
        try await database.reader.enter(numbers)
        return zip(numbers, known).filter { $0.1.1.hasEnded }.map(\.0)
    }
}

extension IngestOutcome {
    /// Whether the job needs no more work.
    fileprivate var hasEnded: Bool {
        switch self {
        case .unchanged(let status), .kept(let status): [.completed, .failed, .cancelled].contains(status)
        case .new, .replaced, .conflict: false
        }
    }
}

extension InputSource {
    /// Whether it can be read only once: standard input, a pipe.
    package var isReadOnce: Bool {
        guard case .file(let path) = self else { return true }
        var status = stat()
        // A folder is refused before anything is made.
        return unsafe stat(path, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }
}
