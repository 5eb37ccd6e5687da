import Foundation
import LLM4SBatch
import Synchronization

/// The signals of a run: the first lets open streams end, the second closes them.
///
/// Long before the run begins, as while its input is read, a signal ends the program, as it does any other. A run that
/// others may see ends in order: then the first signal waits for it to begin, and the second ends the program.
final class RunSignals: Sendable {
    private struct State {
        /// Set when they are taken over.
        var signals: Signals?
        var run: SessionBeginning?
        /// How many came, and of how many of them the run was told.
        var come = 0
        var told = 0
    }

    private let drainTimeout: DurationArgument
    private let results: ResultStream?
    private let state = Mutex(State())
    /// Held while the run is told: a signal may come while it begins.
    private let turn = Mutex(())

    init(drainTimeout: DurationArgument, results: ResultStream?) {
        self.drainTimeout = drainTimeout
        self.results = results
    }

    /// Takes the signals over for a run that is about to begin.
    func hold() {
        if state.withLock({ $0.signals != nil }) { return }
        let signals = Signals { [weak self] in self?.receive($0) }
        state.withLock { $0.signals = signals }
    }

    /// Takes the signals over, and hands on what has come.
    func begin(_ run: SessionBeginning) {
        hold()
        state.withLock { $0.run = run }
        tell()
    }

    private func receive(_ count: Int) {
        let (isWaiting, status) = state.withLock { state in
            state.come = count
            return (state.run == nil, state.signals?.exitStatus)
        }
        if isWaiting, count > 1, let status { _exit(status.rawValue) }
        if isWaiting { Console.log(.info, "the run ends as soon as it has begun; once more ends the program at once") }
        tell()
    }

    private func tell() { turn.withLock { _ in tellInTurn() } }

    private func tellInTurn() {
        let (run, counts) = state.withLock { state -> (SessionBeginning?, Range<Int>) in
            guard let run = state.run else { return (nil, 0..<0) }
            defer { state.told = state.come }
            return (run, state.told..<state.come)
        }
        guard let run else { return }
        for count in counts {
            let isAtOnce = count > 0
            if !isAtOnce {
                Console.log(
                    .info,
                    "stopping: open streams get \(drainTimeout.defaultValueDescription); once more closes them at once")
            }
            run.stop(isAtOnce)
            results?.stop(after: isAtOnce ? .zero : drainTimeout.duration)
        }
    }

    /// What the first of them makes of the run's end; nil where none came.
    var interruption: SessionResult.Interruption? {
        guard let signals = state.withLock({ $0.signals }), let status = signals.exitStatus, let name = signals.name
        else { return nil }
        return SessionResult.Interruption(exitCode: status.rawValue, reason: "by \(name)")
    }
}
