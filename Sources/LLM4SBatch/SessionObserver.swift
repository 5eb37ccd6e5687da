package import BatchEngine
package import BatchStore

/// Who is told of a run while it goes on; nothing here may block.
package struct SessionObserver: Sendable {
    /// It begins.
    package var began: @Sendable (SessionBeginning) -> Void = { _ in }
    /// Something happened to a job or to a provider; told in order.
    package var happened: @Sendable (RunEvent) -> Void = { _ in }
    /// The store has something that the user should know; told from any thread.
    package var warned: @Sendable (String) -> Void = { _ in }
    /// The intake has ended, but for a fault of the database.
    package var hasRead: @Sendable (JobIntake) -> Void = { _ in }
    /// A second has passed.
    package var secondPassed: @Sendable (RunSnapshot) -> Void = { _ in }
    /// The runner has ended; what follows is the report.
    package var ended: @Sendable () -> Void = {}
    /// Asked at the end what ended the run from outside; nil where nothing did.
    package var interruption: @Sendable () -> SessionResult.Interruption? = { nil }

    package init() {}
}

/// A run that begins.
package struct SessionBeginning: Sendable {
    /// Its row in the table `runs`.
    package var runID: Int64
    /// The jobs of the input, else those that are left.
    package var jobs: Int
    /// The jobs that are left for it, as far as they are known by now.
    package var left: @Sendable () -> Int
    /// Stops it: open streams get the drain time, or are closed at once.
    package var stop: @Sendable (_ isAtOnce: Bool) -> Void
}

/// How a run ended, and what its row in `runs` says of that.
package struct SessionResult: Sendable {
    /// What ended a run from outside, as a signal does.
    package struct Interruption: Sendable {
        package var exitCode: Int32
        /// Why, in words.
        package var reason: String

        package init(exitCode: Int32, reason: String) {
            self.exitCode = exitCode
            self.reason = reason
        }
    }

    package let ending: RunEnding
    package let snapshot: RunSnapshot
    /// The jobs in scope.
    package let counts: JobCounts
    /// Why the intake ended before the input did.
    package let intakeFault: BatchError?
    /// The lines that were left out.
    let rejected: Int
    let interruption: Interruption?
    let names: OptionNames
    package internal(set) var duration = Duration.zero

    /// Whether it did all that it had to; cancelled behind the last answer it did so all the same.
    package var isFinished: Bool {
        ending == .finished || interruption == nil && ending == .stopped && counts.left == 0
    }

    /// The status that the program ends with: an interruption's, else 4 where work is left, 2 where the input is at
    /// fault, 1 where a job failed or a line was left out.
    package var exitCode: Int32 {
        if let interruption { return interruption.exitCode }
        if !isFinished { return 4 }
        if intakeFault != nil { return 2 }
        return counts.failed > 0 || rejected > 0 ? 1 : 0
    }

    /// Why work is left; nil where none is.
    package var reason: String? {
        if isFinished { return intakeFault.map { "the input could not be read to its end: \($0)" } }
        if let interruption { return interruption.reason }
        if case .limited(let limit) = ending { return names.reason(ofLimit: limit) }
        return snapshot.stopReason(of: ending)
    }
}

extension JobCounts {
    /// The jobs that are not ended.
    package var left: Int { pending + running + interrupted }
}
