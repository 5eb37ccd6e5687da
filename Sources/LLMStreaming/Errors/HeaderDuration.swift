/// Lengths of time as header fields write them (WIRE.md 5.4).
package enum HeaderDuration {
    private static let units: [String: Double] = [
        "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86_400,
    ]

    /// The seconds of a number (`2`, `33011.38`) or of a duration in Go's form (`12ms`, `6m0s`, `17.399999999s`); nil
    /// for anything else, a sign included.
    package static func seconds(_ text: String) -> Double? {
        var rest = text.trimmingBlanks[...]
        if let number = number(rest) { return number }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            let unit = rest.dropFirst(digits.count).prefix { $0.isLetter }
            guard let value = number(digits), let factor = units[unit.lowercased()] else { return nil }
            total += value * factor
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return text.isEmpty || total.isInfinite ? nil : total
    }

    /// So many seconds, rounded up to whole milliseconds; less than a nanosecond is an error of the arithmetic.
    static func duration(seconds: Double) -> Duration {
        .milliseconds(Int64((seconds.clamped(to: NumberGate.seconds) * 1000 - 1e-6).rounded(.up)))
    }

    /// A decimal number without a sign; what else `Double` reads (`0x10`, `inf`, `1e3`) is no number of a header.
    static func number(_ digits: some StringProtocol) -> Double? {
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }) else { return nil }
        return Double(String(digits)).flatMap { $0.isFinite ? $0 : nil }
    }
}

extension String {
    /// The text without the spaces and tabs around it.
    var trimmingBlanks: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
