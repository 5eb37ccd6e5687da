/// Writes an answer in a dialect's form: as events, one step at a time, or as one JSON completion.
protocol AnswerRenderer: Sendable {
    /// Writes the events of a step.
    mutating func write(_ step: AnswerStep, to output: inout String)
    /// Writes the protocol's end without the usage and terminator of `AnswerStep.close`, after an error.
    mutating func writeError(_ failure: ProviderFailure, withDone: Bool, to output: inout String)
    /// Writes `AnswerStep.close` without its terminator.
    mutating func writeCloseWithoutDone(to output: inout String)
    /// Writes what must precede a first text chunk, and returns that chunk's event without its text.
    mutating func openText(to output: inout String) -> (before: String, after: String)
    /// Leaves out the events up to a sequence number, where the dialect counts its events.
    mutating func skipEvents(through sequence: Int)
    /// The answer as one JSON completion.
    var completion: JSON { get }
}

extension AnswerRenderer {
    mutating func skipEvents(through sequence: Int) {}
}
