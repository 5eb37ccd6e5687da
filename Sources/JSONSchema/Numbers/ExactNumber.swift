/// A number of JSON as it is written: its digits and a power of ten, never rounded to a binary number.
///
/// `1`, `1.0`, `10e-1` are one and the same value of this type, so that `==` is the equality of JSON Schema.
struct ExactNumber: Sendable, Hashable {
    /// Whether it is below zero; false for zero, of whatever sign.
    let isNegative: Bool
    /// The digits (0 to 9) from the first to the last that is not zero; empty for zero.
    let digits: [UInt8]
    /// The power of ten that the digits, read as a whole number, are multiplied with; 0 for zero.
    let exponent: Int

    init(isNegative: Bool, digits: [UInt8], exponent: Int) {
        let zeros = digits.reversed().prefix { $0 == 0 }.count
        self.digits = Array(digits.dropLast(zeros).drop { $0 == 0 })
        let isZero = self.digits.isEmpty
        self.isNegative = isNegative && !isZero
        self.exponent = isZero ? 0 : exponent + zeros
    }

    /// The value of a number's text as JSON has it.
    init(_ text: String) {
        var scan = NumberScan()
        for byte in text.utf8 { scan.add(byte) }
        self = scan.value
    }

    var isZero: Bool { digits.isEmpty }
    var isInteger: Bool { exponent >= 0 }
    /// The position of the first digit: the value lies between 10 to the power of it less one, and of it.
    private var magnitude: Int { digits.count + exponent }

    static func < (left: ExactNumber, right: ExactNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isCloserToZero(than: left) : left.isCloserToZero(than: right)
    }

    private func isCloserToZero(than other: ExactNumber) -> Bool {
        if isZero || other.isZero { return isZero && !other.isZero }
        if magnitude != other.magnitude { return magnitude < other.magnitude }
        return digits.lexicographicallyPrecedes(other.digits)
    }

    /// Whether it is a whole multiple of a divisor, exactly.
    func isMultiple(of divisor: Divisor) -> Bool {
        if isZero { return true }
        let shift = exponent - divisor.exponent
        // The digits end with one that is not zero: no multiple of ten divides them.
        if shift < 0 { return false }
        let modulus = divisor.digits
        var remainder: UInt64 = 0
        for digit in digits { remainder = Self.product(remainder, 10, plus: UInt64(digit), modulo: modulus) }
        return Self.product(remainder, Self.power(of: 10, shift, modulo: modulus), plus: 0, modulo: modulus) == 0
    }

    private static func power(of base: UInt64, _ exponent: Int, modulo modulus: UInt64) -> UInt64 {
        var result = 1 % modulus
        var square = base % modulus
        var rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = product(result, square, plus: 0, modulo: modulus) }
            square = product(square, square, plus: 0, modulo: modulus)
            rest >>= 1
        }
        return result
    }

    /// `left * right + addend` in the ring of a modulus that `left` is below.
    private static func product(
        _ left: UInt64, _ right: UInt64, plus addend: UInt64, modulo modulus: UInt64
    ) -> UInt64 {
        var (high, low) = left.multipliedFullWidth(by: right % modulus)
        let (sum, overflows) = low.addingReportingOverflow(addend % modulus)
        low = sum
        if overflows { high += 1 }
        // Both factors are below the modulus, so the high half is too.
        return modulus.dividingFullWidth((high % modulus, low)).remainder
    }
}

extension ExactNumber {
    /// What a number must be a multiple of.
    struct Divisor: Sendable {
        /// Its digits as a whole number.
        let digits: UInt64
        let exponent: Int

        /// Nil where it is not above zero, or has more than 19 digits.
        init?(_ number: ExactNumber) {
            guard !number.isNegative, !number.isZero, number.digits.count <= 19 else { return nil }
            digits = number.digits.reduce(0) { $0 * 10 + UInt64($1) }
            exponent = number.exponent
        }
    }
}
