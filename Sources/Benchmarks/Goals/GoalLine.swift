import Foundation
import LLMStreaming

/// A line of the table of goals: the goal and what was measured.
struct GoalLine {
    /// Whether the goal is reached.
    enum Verdict: String {
        case met
        case missed
        /// A figure without a goal.
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

/// What a median is compared with.
enum GoalBound {
    case atMost(Double)
    case atLeast(Double)
    /// Nothing: the figure is reported for its own sake.
    case none

    func text(unit: String) -> String {
        switch self {
        case .atMost(let bound): "≤ \(bound.short)\(unit)"
        case .atLeast(let bound): "≥ \(bound.short)\(unit)"
        case .none: ""
        }
    }

    func verdict(_ value: Double) -> GoalLine.Verdict {
        switch self {
        case .atMost(let bound): value <= bound ? .met : .missed
        case .atLeast(let bound): value >= bound ? .met : .missed
        case .none: .figure
        }
    }
}

extension [Double] {
    /// The median; nil where there is no value.
    var median: Double? { Percentile(50).value(of: self) }
}

extension Double {
    /// The number with this many decimals.
    func text(digits: Int) -> String { String(format: "%.\(digits)f", self) }

    /// The number as a goal is written.
    fileprivate var short: String { self == rounded() ? String(Int(self)) : String(self) }
}
