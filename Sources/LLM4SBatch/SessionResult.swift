package import BatchEngine
package import BatchStore

/// How a run ended, and what its row in `runs` says of that.
package struct SessionResult: Sendable {
    /// What ended a run from outside, as a signal does.
    package struct Interruption: Sendable {
        package var exitCode: Int32
        /// Why, in words.
        package var reason: String
        /// Whether it makes no difference to a run that had nothing more to do.
        var needsWorkLeft: Bool

        package init(exitCode: Int32, reason: String, needsWorkLeft: Bool = false) {
            self.exitCode = exitCode
            self.reason = reason
            self.needsWorkLeft = needsWorkLeft
        }
    }

    package let ending: RunEnding
    package let snapshot: RunSnapshot
    package let scope: JobScope
    /// The jobs in scope.
    package let counts: JobCounts
    /// Why the intake ended before the input did.
    package let intakeFault: BatchError?
    /// The lines that were left out.
    let rejected: Int
    /// Whether the input was not read to its end since the run was stopped.
    let isInputCut: Bool
    let given: Interruption?
    /// Whether failed jobs and lines that were left out are a result like another.
    let allowsFailures: Bool
    let names: OptionNames
    package internal(set) var duration = Duration.zero

    /// What ended the run from outside, where it made a difference.
    var interruption: Interruption? {
        let isDone = !isInputCut && (ending == .finished || ending == .stopped && counts.left == 0)
        return isDone && given?.needsWorkLeft == true ? nil : given
    }

    /// Whether it did all that it had to; cancelled behind the last answer it did so all the same.
    package var isFinished: Bool {
        ending == .finished || interruption == nil && ending == .stopped && counts.left == 0
    }

    /// The status that the program ends with: an interruption's, else 4 where work is left, 2 where the input is at
    /// fault, 1 where a job failed or was cancelled or a line was left out (unless failures are allowed).
    package var exitCode: Int32 {
        if let interruption { return interruption.exitCode }
        if !isFinished { return 4 }
        if intakeFault != nil { return 2 }
        return !allowsFailures && (counts.failed + counts.cancelled > 0 || rejected > 0) ? 1 : 0
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
