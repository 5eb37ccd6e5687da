import BatchEngine
import BatchStore
import Foundation
import LLM4SBatch
import Synchronization

/// The results that a run prints while it goes on: a line for each job of its input that has ended, in the order of
/// commits, and one for each line that was left out.
///
/// Lines wait in the database for a reader who is slow; what waits here is the numbers of their jobs.
final class ResultStream: Sendable {
    private enum Line: Sendable {
        case job(Int64)
        /// One that was left out, by its number.
        case rejected(Int)

        var job: Int64? { if case .job(let number) = self { number } else { nil } }
    }

    private struct State {
        var waiting: ArraySlice<Line> = []
        /// Those that are not written, in hand or waiting.
        var unwritten = 0
        /// Nothing more will come.
        var isFinished = false
        var taker: CheckedContinuation<[Line], Never>?
        var printing: Task<Void, Never>?
        /// Stops the run at once.
        var stop: (@Sendable () -> Void)?
        /// How long lines wait for their reader once the run has ended; nil for as long as it takes.
        var timeout: Duration?
        /// Why the database could not be read.
        var failure: (any Error)?
    }

    /// The most lines that are read at a time.
    private static let pageLines = 256

    private let source: String
    private let isTerminal = Console.isOutputTerminal
    private let state = Mutex(State())
    private let pipe: ResultPipe

    /// A stream of the results of an input of this name.
    init(of source: String) throws {
        self.source = source
        pipe = try ResultPipe()
    }

    /// Prints what a run tells its observer, and watches the reader from now on.
    func observe(with observer: inout SessionObserver) {
        let told = observer
        observer.began = { [self] run in
            told.began(run)
            begin(run)
        }
        observer.stored = { [self] in add($0) }
        observer.happened = { [self] event in
            told.happened(event)
            switch event {
            case .attemptEnded(let report): add(report)
            case .cancelled(let job, _): add([.job(job)])
            case .waiting, .limitChanged, .stopped: break
            }
        }
        observer.handsOn = { [self] in await finish() }
        observer.interruption = { [self] in told.interruption() ?? interruption }
        watch()
    }

    /// Begins to watch the reader: where it is gone before the run begins, the program ends.
    private func watch() {
        pipe.watch { [self] end in
            switch end {
            case .unread: Console.log(.warning, "nobody reads the results any more: open streams are closed")
            case .failed(let reason): Console.error("standard output cannot be written: \(reason)")
            case .givenUp, .closed: return
            }
            guard let stop = state.withLock({ $0.stop }) else {
                exit((end == .unread ? ExitStatus.unread : .input).rawValue)
            }
            stop()
        }
    }

    /// Begins to print what has ended.
    private func begin(_ run: SessionBeginning) {
        let printing = Task { [self] in
            do { try await print(from: run.reader) } catch {
                state.withLock { $0.failure = error }
                run.stop(true)
            }
        }
        state.withLock { state in
            state.printing = printing
            state.stop = { run.stop(true) }
        }
        // Its end may have come just before.
        if let end = pipe.end, end != .closed { run.stop(true) }
    }

    // MARK: What is printed

    /// Takes what was stored of the input.
    private func add(_ page: StoredPage) { add(page.ended.map(Line.job) + page.rejected.map(Line.rejected)) }

    /// Takes the end of an attempt, after its COMMIT.
    private func add(_ report: RunEvent.AttemptReport) {
        switch report.end.transition {
        case .completed, .failed, .cancelled: add([.job(report.end.jobID)])
        case .waiting: break
        }
    }

    private func add(_ lines: [Line]) {
        if lines.isEmpty { return }
        let taken = state.withLock { state -> (CheckedContinuation<[Line], Never>, [Line])? in
            state.unwritten += lines.count
            state.waiting += lines
            guard let taker = state.taker.take() else { return nil }
            return (taker, Self.takePage(&state))
        }
        if let (taker, page) = taken { taker.resume(returning: page) }
    }

    private static func takePage(_ state: inout State) -> [Line] {
        let page = Array(state.waiting.prefix(pageLines))
        state.waiting = state.waiting.dropFirst(page.count)
        // A slice keeps what was before it.
        if state.waiting.startIndex > state.waiting.count { state.waiting = ArraySlice(Array(state.waiting)) }
        return page
    }

    /// The next lines; empty at the end.
    private func nextPage() async -> [Line] {
        await withCheckedContinuation { continuation in
            let page = state.withLock { state -> [Line]? in
                let page = Self.takePage(&state)
                guard page.isEmpty, !state.isFinished else { return page }
                state.taker = continuation
                return nil
            }
            if let page { continuation.resume(returning: page) }
        }
    }

    private func print(from reader: BatchReader) async throws {
        while true {
            var page = await nextPage()[...]
            if page.isEmpty { return }
            while let first = page.first {
                var written = ""
                var count = 1
                switch first {
                case .rejected(let line): written = try await text(ofRejectedLine: line, reader)
                case .job:
                    let jobs = page.prefix { $0.job != nil }.compactMap(\.job)
                    (written, count) = try await text(ofJobs: jobs, reader)
                }
                guard await pipe.write(Array(written.utf8)) else { return }
                state.withLock { $0.unwritten -= count }
                page = page.dropFirst(count)
            }
        }
    }

    private func text(ofRejectedLine line: Int, _ reader: BatchReader) async throws -> String {
        guard let reason = try await reader.rejection(ofLine: line, in: source) else { return "" }
        return ResultFormat.line(ResultLine.json(rejectedLine: line, reason: reason), isTerminal)
    }

    /// The lines of the first of these jobs, and of how many.
    private func text(ofJobs jobs: [Int64], _ reader: BatchReader) async throws -> (String, Int) {
        let results = try await reader.results(ofJobs: jobs)
        var text = ""
        for case let result? in results {
            let partial = try await reader.partial(of: result.job)
            text += try ResultFormat.jsonl.text(result, partial: partial, table: nil, isForTerminal: isTerminal)
        }
        return (text, results.count)
    }

    // MARK: The end

    /// Waits until all is written; or, once the user has stopped the run, as long as the reader has time.
    func finish() async {
        let (taker, printing, timeout) = state.withLock { state in
            state.isFinished = true
            return (state.taker.take(), state.printing, state.timeout)
        }
        taker?.resume(returning: [])
        if let timeout { pipe.giveUp(after: timeout) }
        await printing?.value
        pipe.close()
    }

    /// Notes that the user stops the run: what the reader has not taken then is given up after this time.
    func stop(after time: Duration) {
        let isFinished = state.withLock { state in
            state.timeout = time
            return state.isFinished
        }
        if isFinished { pipe.giveUp(after: time) }
    }

    /// What a reader that is gone makes of the run's end; nil where there is one.
    private var interruption: SessionResult.Interruption? {
        let needsWorkLeft = unwritten == 0
        return switch pipe.end {
        case .unread:
            SessionResult.Interruption(
                exitCode: ExitStatus.unread.rawValue, reason: "since nobody read the results any more",
                needsWorkLeft: needsWorkLeft)
        case .failed(let reason):
            SessionResult.Interruption(
                exitCode: ExitStatus.input.rawValue, reason: "since standard output could not be written: \(reason)",
                needsWorkLeft: needsWorkLeft)
        case .givenUp, .closed, nil: nil
        }
    }

    /// How many results were not written.
    private var unwritten: Int { state.withLock { $0.unwritten } }

    /// Why the database could not be read; nil where it could.
    var failure: (any Error)? { state.withLock { $0.failure } }
}
