import Foundation

/// A linear or logarithmic scale: the places of values on an axis.
struct PlotScale: Sendable {
    let isLogarithmic: Bool
    let lower: Double
    let upper: Double
    /// The values that are written at the axis, where they are not the scale's own.
    private let given: [Double]?

    /// A scale of the loads of levels, which are written at the axis; logarithmic where they are far apart.
    init(ofLevels values: [Double]) {
        let (least, greatest) = (values.min() ?? 1, values.max() ?? 1)
        isLogarithmic = least > 0 && greatest >= 6 * least
        lower = isLogarithmic ? least : 0
        upper = isLogarithmic || greatest <= 0 ? max(greatest, 1e-9) : Self.round(greatest)
        let isRoom = values.count <= Self.mostGiven
        given = isRoom ? (isLogarithmic ? values : [0] + values) : isLogarithmic ? [least, greatest] : nil
    }

    /// More would overlap.
    private static let mostGiven = 10

    /// A scale from zero to a round number that is not less than the greatest value.
    init(through greatest: Double) {
        isLogarithmic = false
        lower = 0
        upper = Self.round(greatest > 0 ? greatest : 1)
        given = nil
    }

    /// A logarithmic scale over whole powers of ten that include both values.
    init(powersFrom least: Double, through greatest: Double) {
        isLogarithmic = true
        let first = floor(log10(max(least, 1e-9)))
        lower = pow(10, first)
        upper = pow(10, max(first + 1, ceil(log10(max(greatest, 1e-9)))))
        given = nil
    }

    /// The place of a value, from 0 to 1.
    func place(_ value: Double) -> Double {
        let share =
            isLogarithmic
            ? log(max(value, lower) / lower) / log(upper / lower) : (value - lower) / (upper - lower)
        return min(1, max(0, share))
    }

    /// The values that are written at the axis.
    var ticks: [Double] {
        if let given { return given }
        guard isLogarithmic else { return (0...4).map { upper * Double($0) / 4 } }
        let first = Int(log10(lower).rounded())
        return (first...Int(log10(upper).rounded())).map { pow(10, Double($0)) }
    }

    /// The least number of one digit times a power of ten that is not less and has quarters of few digits.
    private static func round(_ value: Double) -> Double {
        let power = pow(10, floor(log10(value)))
        return [1, 2, 3, 4, 5, 6, 8, 10].map { $0 * power }.first { $0 >= value * 0.999_999 } ?? value
    }
}
