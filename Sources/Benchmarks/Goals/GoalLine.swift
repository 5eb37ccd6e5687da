import LLMStreaming

/// A line of the table of goals: what was to be reached, what was measured.
struct GoalLine {
    /// Whether the goal is reached.
    enum Verdict: String {
        case met
        case missed
        /// A figure beside the goals.
        case figure
        /// It could not be measured.
        case skipped
    }

    var what: String
    var goal: String
    var measured: String
    var verdict: Verdict
    /// The values of the single rounds.
    var rounds: [Double] = []

    /// A line that compares a median with its greatest or least allowed value.
    init(_ what: String, _ bound: GoalBound, _ rounds: [Double?], unit: String = "", digits: Int = 2) {
        self.what = what
        goal = bound.text(unit: unit)
        self.rounds = rounds.compactMap { $0 }
        guard let median = self.rounds.median else {
            measured = "-"
            verdict = .skipped
            return
        }
        measured = median.text(digits: digits) + unit
        if self.rounds.count > 1, let least = self.rounds.min(), let greatest = self.rounds.max() {
            measured += " (\(least.text(digits: digits)) to \(greatest.text(digits: digits)))"
        }
        verdict = bound.verdict(median)
    }

    /// A line that says why something was not measured.
    init(_ what: String, skipped reason: String) {
        self.what = what
        goal = ""
        measured = reason
        verdict = .skipped
    }

    var json: JSON {
        [
            "what": .string(what), "goal": .string(goal), "measured": .string(measured),
            "verdict": .string(verdict.rawValue), "rounds": .array(rounds.map(JSON.double)),
        ]
    }
}
