/// How far each of the answers of one response is.
struct ChoiceStates: Sendable {
    private enum State {
        case awaited, begun
        case finished(reason: String)
    }

    private var states: [State] = []
    private var withDeltas: [Bool] = []
    private(set) var begunCount = 0
    private var finishedCount = 0
    /// Whether content came behind a finish reason: the reasons of such a stream say nothing before its end.
    private(set) var haveReopened = false

    /// Whether there is one, and every one that has begun has its finish reason.
    var areFinished: Bool { finishedCount > 0 && finishedCount == begunCount }

    /// Whether pieces came of it.
    func hasDeltas(_ index: Int) -> Bool { index < withDeltas.count && withDeltas[index] }

    /// Notes that a piece came.
    mutating func noteDelta(_ index: Int) {
        if hasDeltas(index) { return }
        while withDeltas.count <= index { withDeltas.append(false) }
        withDeltas[index] = true
    }

    /// The finish reason of an answer; nil while it has none.
    func reason(_ index: Int) -> String? {
        guard index < states.count, case .finished(let reason) = states[index] else { return nil }
        return reason
    }

    /// Whether it has begun and has no finish reason.
    func isOpen(_ index: Int) -> Bool {
        guard index < states.count, case .begun = states[index] else { return false }
        return true
    }

    mutating func begin(_ index: Int) {
        while states.count <= index { states.append(.awaited) }
        guard case .awaited = states[index] else { return }
        states[index] = .begun
        begunCount += 1
    }

    /// Notes that content of a begun answer came; whatever finish reason it had was none.
    mutating func reopen(_ index: Int) {
        guard case .finished = states[index] else { return }
        states[index] = .begun
        finishedCount -= 1
        haveReopened = true
    }

    /// Gives a begun answer its finish reason; false where it has that one already.
    ///
    /// Cerebras sends it twice; where a second one differs, it counts.
    mutating func finish(_ index: Int, _ reason: String) -> Bool {
        if case .finished(let earlier) = states[index] {
            if earlier == reason { return false }
        } else {
            finishedCount += 1
        }
        states[index] = .finished(reason: reason)
        return true
    }
}
