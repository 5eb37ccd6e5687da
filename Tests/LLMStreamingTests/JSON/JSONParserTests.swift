import Testing

@testable import LLMStreaming

@Suite struct JSONParserTests {
    @Test(
        arguments: [
            ("null", JSON.null), ("true", true), (" false ", false), ("0", .number("0")), ("-0", .number("-0")),
            ("12.50", .number("12.50")), ("-1E+5", .number("-1E+5")), ("1e-2", .number("1e-2")), ("\"\"", ""),
            ("[]", []), ("{}", [:]), ("\t[ 1 ,\n\"a\" , [ ] ]\r\n", [.number("1"), "a", []]),
            (#"{"b":1,"a":{"c":[null]}}"#, ["b": .number("1"), "a": ["c": [nil]]]),
        ] as [(String, JSON)])
    func readsEveryKindOfValue(text: String, value: JSON) throws { #expect(try JSONParser.parse(text) == value) }

    @Test(
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude42x""#, "🙂x"),
            (#""x\u0000y""#, "x\u{0}y"), ("\"é🙂\"", "é🙂"), (#""abcdefgh\nijklmnop\nq""#, "abcdefgh\nijklmnop\nq"),
        ] as [(String, String)])
    func decodesEscapes(text: String, value: String) throws { #expect(try JSONParser.parse(text) == .string(value)) }

    @Test(arguments: [#""\ud83d""#, #""\ude42""#]) func aLoneSurrogateIsReplaced(text: String) throws {
        #expect(try JSONParser.parse(text) == "\u{FFFD}")
    }

    @Test func invalidUTF8InAStringIsReplaced() throws {
        #expect(try JSONParser.parse([0x22, 0x61, 0xFF, 0x22]) == "a\u{FFFD}")
    }

    /// Strings are read eight bytes at a time: each place of a quote, an escape and a control character is met.
    @Test(arguments: 0...40) func theEndOfAStringIsFoundAtEveryLength(length: Int) throws {
        let plain = String(repeating: "a", count: length)
        #expect(try JSONParser.parse("\"\(plain)\"") == .string(plain))
        #expect(try JSONParser.parse("\"\(plain)\\n\(plain)\"") == .string("\(plain)\n\(plain)"))
        #expect(
            try JSONParser.parse("[\"\(plain)é\",\"\(plain)\u{7f}\"]") == [
                .string(plain + "é"), .string(plain + "\u{7f}"),
            ])
        #expect(throws: JSONParser.Failure(reason: "a control character in a string", offset: length + 1)) {
            try JSONParser.parse("\"\(plain)\u{1f}\"")
        }
        #expect(throws: JSONParser.Failure(reason: "unexpected end in a string", offset: length + 1)) {
            try JSONParser.parse("\"\(plain)")
        }
    }

    /// All bytes from 0x20 to 0xFF within a word of plain ones.
    @Test func onlyQuotesBackslashesAndControlCharactersEndPlainText() {
        for byte in UInt8.min...UInt8.max {
            for position in 0..<8 {
                var word = [UInt8](repeating: UInt8(ascii: "a"), count: 8)
                word[position] = byte
                let isSpecial = byte < 0x20 || byte == 0x22 || byte == 0x5C
                #expect(JSONPlainText.end(in: word.span, from: 0) == (isSpecial ? position : 8))
            }
        }
    }

    @Test(arguments: [
        ("", "unexpected end", 0), ("  ", "unexpected end", 2), ("nul", "unexpected character", 0),
        ("nulL", "unexpected character", 0), ("'a'", "unexpected character", 0), ("[1,]", "unexpected character", 3),
        ("[1 2]", "a comma is missing", 3), ("[1", "a comma is missing", 2), ("{\"a\" 1}", "a colon is missing", 5),
        ("{1:2}", "a member's name is missing", 1), ("{\"a\":1,}", "a member's name is missing", 7),
        ("01", "text after the value", 1), ("1.", "a digit is missing", 2), ("-", "a digit is missing", 1),
        ("1e", "a digit is missing", 2), (".5", "unexpected character", 0), ("+1", "unexpected character", 0),
        ("\"\\x\"", "a bad escape", 1), ("\"\\u12G4\"", "a bad escape", 1), ("\"\\", "a bad escape", 1),
        ("{} {}", "text after the value", 3), ("NaN", "unexpected character", 0),
        ("[\u{A0}1]", "unexpected character", 1),
    ])
    func refusesWhatIsNoJSONAndSaysWhere(text: String, reason: String, offset: Int) {
        #expect(throws: JSONParser.Failure(reason: reason, offset: offset)) { try JSONParser.parse(text) }
    }

    @Test func nestingIsBounded() throws {
        let depth = JSONParser.maximumDepth
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSONParser.parse(nested(depth)) }
        #expect(throws: JSONParser.Failure(reason: "nested deeper than \(depth)", offset: depth)) {
            try JSONParser.parse(nested(depth + 1))
        }
        // Depth counts what is open, not what was opened.
        #expect(throws: Never.self) {
            try JSONParser.parse("[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]")
        }
    }

    @Test func membersOfOneNameAreKeptAndTheLastOneIsFound() throws {
        let value = try JSONParser.parse(#"{"a":1,"a":2}"#)
        #expect(value.object?.members.count == 2)
        #expect(value["a"] == .number("2"))
    }
}
