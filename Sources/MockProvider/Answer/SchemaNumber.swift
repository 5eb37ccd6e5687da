import Foundation

/// The numbers that a JSON Schema takes: the multiples of a unit between two bounds.
struct SchemaNumber {
    /// `multipleOf`, else 1 for an integer and a hundredth for a number.
    private let unit: Decimal
    private let lowest: Double?
    private let highest: Double?
    private let excludesLowest: Bool
    private let excludesHighest: Bool

    /// The range where a bound is missing, in units.
    private static let width: Double = 999
    /// Integers up to here are exact as doubles.
    private static let maximum: Double = 9_007_199_254_740_991

    /// - Parameter schema: A resolved schema.
    init(_ schema: JSON, isInteger: Bool) {
        let multiple = schema["multipleOf"].flatMap { Decimal(string: $0.text) } ?? 0
        unit = multiple > 0 ? multiple : isInteger ? 1 : Decimal(sign: .plus, exponent: -2, significand: 1)
        (lowest, excludesLowest) = Self.bound(schema, "minimum", "exclusiveMinimum") { $0 >= $1 }
        (highest, excludesHighest) = Self.bound(schema, "maximum", "exclusiveMaximum") { $0 <= $1 }
    }

    /// One of the numbers; where no multiple is between the bounds, what is half way.
    func value(draw: UInt64) -> JSON {
        let unit = NSDecimalNumber(decimal: unit).doubleValue
        var first = lowest.map { excludesLowest ? ($0 / unit).rounded(.down) + 1 : ($0 / unit).rounded(.up) }
        var last = highest.map { excludesHighest ? ($0 / unit).rounded(.up) - 1 : ($0 / unit).rounded(.down) }
        first = first ?? last.map { $0 >= 0 ? 0 : $0 - Self.width }
        last = last ?? first.map { $0 + Self.width }
        let range = (Self.clamped(first ?? 0), Self.clamped(last ?? Self.width))
        guard range.0 <= range.1 else {
            return .number(String(((lowest ?? 0) + (highest ?? lowest ?? 0)) / 2))
        }
        let count = UInt64(range.1 - range.0) + 1
        return .number("\(Decimal(range.0 + Int(draw >> 8 % count)) * self.unit)")
    }

    private static func clamped(_ number: Double) -> Int { Int(min(max(number, -maximum), maximum)) }

    /// A bound and whether it is excluded itself; draft 4 says the latter by a boolean.
    private static func bound(
        _ schema: JSON, _ name: String, _ exclusiveName: String, isTighter: (Double, Double) -> Bool
    ) -> (Double?, Bool) {
        let inclusive = number(schema[name])
        if case .bool(let isExcluded)? = schema[exclusiveName] { return (inclusive, isExcluded) }
        guard let exclusive = number(schema[exclusiveName]) else { return (inclusive, false) }
        guard let inclusive, !isTighter(exclusive, inclusive) else { return (exclusive, true) }
        return (inclusive, false)
    }

    private static func number(_ value: JSON?) -> Double? {
        if case .number(let digits)? = value { Double(digits) } else { nil }
    }
}
