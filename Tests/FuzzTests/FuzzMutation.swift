import Foundation
import SharedMaterial

/// Changes of an input, most of them of its numbers: those are what arithmetic traps at.
struct FuzzMutation {
    /// Numbers at the ends of what types hold, and some that are none.
    static let numbers = [
        "0", "-0", "-1", "1", "2", "255", "65536", "2147483647", "2147483648", "4294967296", "1000000000000",
        "1000000000001", "9007199254740991", "9007199254740992", "9000000000000000000", "9223372036854775806",
        "9223372036854775807", "9223372036854775808", "-9223372036854775807", "-9223372036854775808",
        "18446744073709551615", "18446744073709551616", "99999999999999999999999999999999999999999", "0.5", "-0.5",
        "1e3",
        "1e15", "1e18", "1e19", "1e308", "-1e308", "1e309", "1e999", "-1e999", "5e-324", "1E+5", "inf", "nan", "null",
        "true", "\"1\"", "[]", "{}", "\"\"",
    ]

    var random: SplitMix64

    /// The input with one to four changes.
    mutating func mutate(_ input: [UInt8], with other: [UInt8]) -> [UInt8] {
        var bytes = input
        for _ in 0..<Int.random(in: 1...4, using: &random) { change(&bytes, other) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
        guard !bytes.isEmpty else { return bytes = other }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &random)))
        case 2: bytes.insert(Array(#"{}[]",:\0-.e/= "#.utf8).randomElement(using: &random) ?? 0, at: place)
        case 3: if Bool.random(using: &random) { bytes.removeSubrange(place...) }
        case 4:
            let from = Int.random(in: 0...other.count, using: &random)
            bytes.insert(contentsOf: other[from...].prefix(Int.random(in: 0...60, using: &random)), at: place)
        default: changeNumber(&bytes, from: place)
        }
    }

    /// Puts one of the numbers in the place of the next one.
    private mutating func changeNumber(_ bytes: inout [UInt8], from place: Int) {
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        guard let start = bytes[place...].firstIndex(where: isDigit) ?? bytes.firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) && $0 != 0x2E } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: (Self.numbers.randomElement(using: &random) ?? "").utf8)
    }
}
