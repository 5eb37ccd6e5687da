/// Dates of HTTP headers (RFC 9110, section 5.6.7).
package enum HTTPDate {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// Unix seconds of a date in any of the three forms that a recipient must read; nil for anything else.
    ///
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, and the obsolete `Sunday, 06-Nov-94 08:49:37 GMT` (a year before 70 is of this
    /// century) and `Sun Nov  6 08:49:37 1994`.
    package static func unixSeconds(_ text: String) -> Double? {
        let words = text.lowercased().split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
        switch words.count {
        case 6 where words[5] == "gmt": return seconds(day: words[1], month: words[2], year: words[3], clock: words[4])
        case 5: return seconds(day: words[2], month: words[1], year: words[4], clock: words[3])
        default: return nil
        }
    }

    private static func seconds(day: String, month: String, year: String, clock: String) -> Double? {
        let clock = clock.split(separator: ":", omittingEmptySubsequences: false).compactMap { Int($0) }
        guard let day = Int(day), let month = months.firstIndex(of: month), var year = Int(year), clock.count == 3
        else { return nil }
        if year < 100 { year += year < 70 ? 2000 : 1900 }
        guard (1970...9999).contains(year), (1...31).contains(day), (0...23).contains(clock[0]),
            (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        return CivilTime(
            year: year, month: month + 1, day: day, hour: clock[0], minute: clock[1], second: Double(clock[2])
        ).unixSeconds
    }
}

/// Times in the form of RFC 3339: `2026-04-05T14:28:55Z`, also with a fraction and an offset.
package enum InternetTime {
    /// The Unix seconds; nil for anything else.
    package static func unixSeconds(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count, bytes[range].allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return Int(String(decoding: bytes[range], as: UTF8.self))
        }
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19),
            year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var end = 19
        var fraction = 0.0
        if bytes[end] == UInt8(ascii: ".") {
            end = bytes[20...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.count
            guard end > 20 else { return nil }
            fraction = Double("0." + String(decoding: bytes[20..<end], as: UTF8.self)) ?? 0
        }
        let offset: Int
        switch bytes[end...].first {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            guard bytes.count == end + 1 else { return nil }
            offset = 0
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard bytes.count == end + 6, bytes[end + 3] == UInt8(ascii: ":"), let hours = number(end + 1..<end + 3),
                let minutes = number(end + 4..<end + 6), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[end] == UInt8(ascii: "-") ? -60 : 60)
        default: return nil
        }
        return CivilTime(
            year: year, month: month, day: day, hour: hour, minute: minute, second: Double(second) + fraction
        ).unixSeconds - Double(offset)
    }
}

/// Lengths of time as header fields write them (Provider facts, "Headers").
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

    /// A number of seconds, rounded up to whole milliseconds; less than a nanosecond is an error of the arithmetic.
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

/// A date and time of the Gregorian calendar in UTC.
struct CivilTime {
    var year: Int
    /// From 1 to 12.
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Double

    /// The seconds since 1970-01-01.
    var unixSeconds: Double { Double(days * 86_400 + hour * 3600 + minute * 60) + second }

    /// Days since 1970-01-01, by counting years from March.
    private var days: Int {
        let shifted = month <= 2 ? year - 1 : year
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return shifted / 400 * 146_097 + dayOfEra - 719_468
    }
}
