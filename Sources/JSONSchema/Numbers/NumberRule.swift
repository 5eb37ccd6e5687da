/// What a schema says about numbers.
struct NumberRule: Sendable {
    /// An end of the allowed range, and the text that the schema has for it.
    struct Bound: Sendable {
        let value: ExactNumber
        let isExclusive: Bool
        let text: String
    }

    var isInteger = false
    var minimum: Bound?
    var maximum: Bound?
    var divisor: ExactNumber.Divisor?
    /// The divisor as the schema writes it.
    var divisorText = ""

    /// The keyword that a number breaks; nil where it breaks none.
    func broken(by number: ExactNumber) -> Keyword? {
        if isInteger, !number.isInteger { return .type }
        if isBelow(number) { return .minimum }
        if isAbove(number) { return .maximum }
        if let divisor, !number.isMultiple(of: divisor) { return .multipleOf }
        return nil
    }

    private func isBelow(_ number: ExactNumber) -> Bool {
        guard let minimum else { return false }
        return number < minimum.value || minimum.isExclusive && number == minimum.value
    }

    private func isAbove(_ number: ExactNumber) -> Bool {
        guard let maximum else { return false }
        return maximum.value < number || maximum.isExclusive && number == maximum.value
    }

    /// Whether no number at all lies in the range.
    var isEmpty: Bool {
        guard let minimum, let maximum else { return false }
        return isBelow(maximum.value) || isAbove(minimum.value)
    }

    /// The keyword that every number which begins like this breaks; nil where one may break none.
    ///
    /// A power of ten may follow and move the value anywhere, so that little is certain before it: the sign, and that a
    /// whole number is at least its digits.
    func broken(by scan: NumberScan) -> Keyword? {
        if scan.isZero { return scan.hasPower ? broken(by: scan.value) : brokenBySign(scan) }
        let (least, most) = scan.hasPower ? scan.powers : (nil, nil)
        var lowest = least
        if isInteger {
            if let most, scan.ownExponent + most < 0 { return .type }
            let whole = scan.hasPower ? -scan.ownExponent : -scan.zeros
            if scan.hasPower {
                lowest = max(least ?? whole, whole)
            } else {
                return broken(byLeast: ExactNumber(isNegative: scan.isNegative, digits: scan.digits, exponent: 0))
            }
        }
        if let lowest, let keyword = broken(byLeast: scan.value(power: lowest)) { return keyword }
        if let most {
            let number = scan.value(power: most)
            if scan.isNegative ? isAbove(number) : isBelow(number) { return scan.isNegative ? .maximum : .minimum }
        }
        return brokenBySign(scan)
    }

    /// The value with the least magnitude that is left.
    private func broken(byLeast number: ExactNumber) -> Keyword? {
        if number.isNegative { return isBelow(number) ? .minimum : nil }
        return isAbove(number) ? .maximum : nil
    }

    private func brokenBySign(_ scan: NumberScan) -> Keyword? {
        let zero = ExactNumber(isNegative: false, digits: [], exponent: 0)
        // Numbers as close to zero as anybody likes are left, and zero itself while no other digit came.
        if scan.isNegative, let minimum {
            let isLeft = minimum.value < zero || scan.isZero && !isBelow(zero)
            return isLeft ? nil : .minimum
        }
        if !scan.isNegative, let maximum {
            let isLeft = zero < maximum.value || scan.isZero && !isAbove(zero)
            return isLeft ? nil : .maximum
        }
        return nil
    }
}
