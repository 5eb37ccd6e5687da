package import BatchEngine
package import BatchStore

/// Who is told of a run while it goes on; nothing here may block.
package struct SessionObserver: Sendable {
    /// It begins soon, or fails: from now on its row, or other workers, may say that it is there.
    package var beginsSoon: @Sendable () -> Void = {}
    /// It begins.
    package var began: @Sendable (SessionBeginning) -> Void = { _ in }
    /// Something happened to a job or to a provider; told in order.
    package var happened: @Sendable (RunEvent) -> Void = { _ in }
    /// The store has something that the user should know; told from any thread.
    package var warned: @Sendable (String) -> Void = { _ in }
    /// The user has told the run something, which holds now.
    package var changed: @Sendable (ControlAnswer) -> Void = { _ in }
    /// Something has happened that the user may like to know; told from any thread.
    package var noted: @Sendable (String) -> Void = { _ in }
    /// A part of the input was stored.
    package var stored: @Sendable (StoredPage) -> Void = { _ in }
    /// The intake has ended, but for a fault of the database.
    package var hasRead: @Sendable (JobIntake) -> Void = { _ in }
    /// A second has passed.
    package var secondPassed: @Sendable (RunSnapshot) -> Void = { _ in }
    /// The runner has ended; what follows is the report.
    package var ended: @Sendable () -> Void = {}
    /// Awaited behind that, before the run's row says how it ended: what is handed on meanwhile is of the run too.
    package var handsOn: @Sendable () async -> Void = {}
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
    /// Reads what is committed.
    package var reader: BatchReader
    /// What its jobs may use up.
    package var budgets: ShardBudgets
    /// Stops it: open streams get the drain time, or are closed at once.
    package var stop: @Sendable (_ isAtOnce: Bool) -> Void
}

/// What became of a part of an input that is read once, when it was stored.
package struct StoredPage: Sendable {
    /// The numbers of its jobs that had ended before.
    package var ended: [Int64] = []
    /// The lines that were left out, which the table `rejected_lines` holds.
    package var rejected: [Int] = []
}
