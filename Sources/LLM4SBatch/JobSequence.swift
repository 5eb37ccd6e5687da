/// Jobs that are in memory, or made one by one, as an asynchronous sequence.
struct JobSequence<Base: Sequence & Sendable>: AsyncSequence, Sendable where Base.Element == BatchJob {
    typealias Element = BatchJob
    typealias Failure = Never

    let base: Base

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeIterator()) }

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: Base.Iterator

        // Of a run that ended no more is asked for.
        mutating func next() async -> BatchJob? { Task.isCancelled ? nil : base.next() }
    }
}
