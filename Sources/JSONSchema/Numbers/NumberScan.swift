/// The part of a number that came so far, and what can still become of it.
///
/// Only digits that count are kept, so that a number of a million zeros costs nothing.
struct NumberScan: Sendable {
    /// Where in RFC 8259's grammar the next byte stands.
    enum Stage: UInt8 { case start, minus, zero, whole, point, fraction, mark, sign, power }

    private(set) var stage = Stage.start
    private(set) var isNegative = false
    /// The digits from the first that is not zero to the last that is not.
    private(set) var digits: [UInt8] = []
    /// Zeros that came behind them.
    private(set) var zeros = 0
    /// Digits behind the point.
    private var places = 0
    private(set) var powerIsNegative = false
    /// The power as far as it came; beyond `mostPower` only its being so large is kept.
    private(set) var power = 0

    static let mostPower = 1 << 58

    /// Whether digits are kept; without them only the grammar is followed.
    private var keepsDigits = true

    /// Forgets all, and keeps the room.
    mutating func reset(keepsDigits: Bool) {
        self.keepsDigits = keepsDigits
        digits.removeAll(keepingCapacity: true)
        (stage, isNegative, zeros, places, powerIsNegative, power) = (.start, false, 0, 0, false, 0)
    }

    /// Whether a number may end here.
    var mayEnd: Bool { stage == .zero || stage == .whole || stage == .fraction || stage == .power }

    /// Takes a byte; false where the grammar has none such, as at a number's end.
    @discardableResult
    mutating func add(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39: return addDigit(byte - 0x30)
        case UInt8(ascii: "-") where stage == .start: (stage, isNegative) = (.minus, true)
        case UInt8(ascii: ".") where stage == .zero || stage == .whole: stage = .point
        case UInt8(ascii: "e"), UInt8(ascii: "E"):
            guard stage == .zero || stage == .whole || stage == .fraction else { return false }
            stage = .mark
        case UInt8(ascii: "+") where stage == .mark: stage = .sign
        case UInt8(ascii: "-") where stage == .mark: (stage, powerIsNegative) = (.sign, true)
        default: return false
        }
        return true
    }

    private mutating func addDigit(_ digit: UInt8) -> Bool {
        switch stage {
        case .zero: return false
        case .start, .minus: stage = digit == 0 ? .zero : .whole
        case .whole: break
        case .point, .fraction:
            stage = .fraction
            places += 1
        case .mark, .sign, .power:
            stage = .power
            power = min(power * 10 + Int(digit), Self.mostPower)
            return true
        }
        if !keepsDigits { return true }
        if digit != 0 {
            for _ in 0..<zeros { digits.append(0) }
            zeros = 0
            digits.append(digit)
        } else if !digits.isEmpty {
            zeros += 1
        }
        return true
    }

    var hasPower: Bool { stage.rawValue >= Stage.mark.rawValue }
    var isZero: Bool { digits.isEmpty }
    /// The exponent of the digits before the power that is written.
    var ownExponent: Int { zeros - places }

    /// The number that came, taken as ended.
    var value: ExactNumber { value(power: powerIsNegative ? -power : power) }

    /// The number with another power in place of the written one.
    func value(power: Int) -> ExactNumber {
        ExactNumber(isNegative: isNegative, digits: digits, exponent: ownExponent + power)
    }

    /// The powers that may still be written; nil for no bound on that side.
    var powers: (least: Int?, most: Int?) {
        switch stage {
        case .sign: powerIsNegative ? (nil, 0) : (0, nil)
        case .power: powerIsNegative ? (nil, -power) : (power, nil)
        default: (nil, nil)
        }
    }

    /// Whether more bytes, or none, can make a spelling of this value of it.
    func canBecome(_ number: ExactNumber) -> Bool {
        if number.isZero { return isZero }
        guard isNegative == number.isNegative else { return false }
        guard hasPower else { return isBeginning(of: number.digits) }
        guard digits == number.digits else { return false }
        return canBecome(power: number.exponent - ownExponent)
    }

    private func isBeginning(of wanted: [UInt8]) -> Bool {
        let common = min(digits.count, wanted.count)
        guard digits.count <= wanted.count, digits[..<common].elementsEqual(wanted[..<common]) else { return false }
        // The zeros behind are digits of it, or stand behind its last one.
        return wanted[common...].prefix(zeros).allSatisfy { $0 == 0 }
    }

    private func canBecome(power wanted: Int) -> Bool {
        switch stage {
        case .sign: return wanted == 0 || (wanted < 0) == powerIsNegative
        case .power:
            guard wanted == 0 || (wanted < 0) == powerIsNegative else { return false }
            var rest = wanted.magnitude
            while rest > power.magnitude { rest /= 10 }
            return rest == power.magnitude
        default: return true
        }
    }
}
