/// Times in the form of RFC 3339: `2026-04-05T14:28:55Z`, also with a fraction and an offset.
package enum InternetTime {
    /// The Unix seconds; nil where it is none.
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
