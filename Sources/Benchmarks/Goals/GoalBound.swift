import Foundation

/// What a median is compared with.
enum GoalBound {
    case atMost(Double)
    case atLeast(Double)
    /// Nothing: the figure is told for its own sake.
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
    /// The middle value; nil where there is none.
    var median: Double? {
        guard !isEmpty else { return nil }
        let sorted = sorted()
        let middle = count / 2
        return count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}

extension Double {
    /// The number with so many digits behind the point.
    func text(digits: Int) -> String { String(format: "%.\(digits)f", self) }

    /// The number as a goal is written.
    fileprivate var short: String { self == rounded() ? String(Int(self)) : String(self) }
}
