import BatchStore

/// The jobs of a database that have ended, in the order of their files and lines; made by `BatchRunner.answers`.
///
/// A page of them is in memory at a time. It may be read while a run is on, also in another process.
public struct BatchAnswers: AsyncSequence, Sendable {
    /// What became of a job.
    public typealias Element = BatchAnswer
    /// Why the database cannot be read.
    public typealias Failure = BatchError

    let path: String

    /// Opens the database when the first answer is asked for.
    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(path: path) }

    /// Reads the answers page by page.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private enum State {
            case new(path: String)
            case reading(BatchReader, next: ResultPage.Cursor?)
            case ended
        }

        private var state: State
        private var page: ArraySlice<JobResult> = []

        init(path: String) { state = .new(path: path) }

        /// The next answer, nil behind the last one.
        ///
        /// - Throws: kind `database` where the database cannot be read.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(BatchError) -> BatchAnswer? {
            while page.isEmpty {
                do {
                    switch state {
                    case .ended: return nil
                    case .new(let path):
                        let reader = try await BatchReader.open(path)
                        try await read(from: reader, after: nil)
                    case .reading(let reader, next: let cursor?): try await read(from: reader, after: cursor)
                    case .reading(let reader, next: nil):
                        state = .ended
                        await reader.close()
                    }
                } catch {
                    state = .ended
                    throw BatchError(.database, "\(error)")
                }
            }
            return page.popFirst().map(BatchAnswer.init)
        }

        private mutating func read(
            from reader: BatchReader, after cursor: ResultPage.Cursor?
        ) async throws(StoreError) {
            let read = try await reader.results(after: cursor)
            page = read.results[...]
            state = .reading(reader, next: read.next)
        }
    }
}
