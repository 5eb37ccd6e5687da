import Testing

@testable import JSONSchema

/// Numbers are compared as they are written, and prefixes by all that can still become of them.
struct NumberTests {
    @Test(arguments: [
        ("1", "1.0"), ("100", "1e2"), ("-0", "0"), ("0.10", "1e-1"), ("1234500", "12345E+2"), ("0e99", "0"),
        ("10000000000000000000000", "1e22"),
    ])
    func spellingsOfOneNumberAreEqual(left: String, right: String) {
        #expect(ExactNumber(left) == ExactNumber(right))
    }

    @Test func theyAreInOrder() {
        let ordered = [
            "-1e400000000", "-10", "-9.5", "-9", "-1e-400000000", "0", "1e-400000000", "0.1", "0.11", "1", "9.99", "10",
            "9007199254740992", "9007199254740993", "1e400000000",
        ].map { ExactNumber($0) }
        for (position, left) in ordered.enumerated() {
            for (other, right) in ordered.enumerated() { #expect((left < right) == (position < other)) }
        }
    }

    @Test(arguments: [
        ("0.07", "0.01", true), ("0.075", "0.01", false), ("1e308", "0.123456789", false), ("7", "3.5", true),
        ("1e400000000", "7", false), ("1e400000000", "8", true), ("18446744073709551615", "9223372036854775807", false),
        ("18446744073709551614", "9223372036854775807", true), ("3e-5", "1e-5", true), ("0", "3", true),
    ])
    func multiplesAreExact(number: String, divisor: String, isMultiple: Bool) throws {
        let divisor = try #require(ExactNumber.Divisor(ExactNumber(divisor)))
        #expect(ExactNumber(number).isMultiple(of: divisor) == isMultiple)
    }

    /// A prefix can become a number exactly where one of its spellings begins like it.
    @Test func aPrefixCanBecomeWhatASpellingOfItSays() {
        let alphabet = Array("-0125.e+".utf8)
        var spellings: [(text: [UInt8], number: ExactNumber)] = []
        var texts: [[UInt8]] = [[]]
        for _ in 0..<6 {
            texts = texts.flatMap { text in alphabet.map { text + [$0] } }.filter { scan($0) != nil }
            spellings += texts.compactMap { text in
                scan(text).flatMap { $0.mayEnd ? (text, $0.value) : nil }
            }
        }
        for wanted in ["0", "1", "-1", "10", "0.5", "12", "2.5"].map({ ExactNumber($0) }) {
            var beginnings: Set<[UInt8]> = []
            for spelling in spellings where spelling.number == wanted {
                for length in 1...spelling.text.count { beginnings.insert(Array(spelling.text.prefix(length))) }
            }
            for text in beginnings { #expect(scan(text)?.canBecome(wanted) == true, "\(text)") }
            // Longer spellings are not listed: of short prefixes all are.
            for spelling in spellings where spelling.text.count <= 2 && scan(spelling.text)?.canBecome(wanted) == true {
                #expect(beginnings.contains(spelling.text), "\(String(decoding: spelling.text, as: UTF8.self))")
            }
        }
        #expect(spellings.count > 1000)
    }

    private func scan(_ text: [UInt8]) -> NumberScan? {
        var scan = NumberScan()
        for byte in text where !scan.add(byte) { return nil }
        return scan
    }
}
