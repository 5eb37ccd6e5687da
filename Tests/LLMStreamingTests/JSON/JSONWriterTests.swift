import Testing

@testable import LLMStreaming

@Suite struct JSONWriterTests {
    @Test(arguments: [
        #"null"#, #"[true,false,null,-0,1.50,1E5,"x"]"#, #"{"b":{"z":[],"a":{}},"a":[[1],{"c":""}]}"#,
        #""é🙂\u007f""#.replacing(#"\u007f"#, with: "\u{7f}"),
        #""\"\\/\u0000\u001f\b""#.replacing(#"\b"#, with: #"\u0008"#),
        #""\n\r\t""#,
    ])
    func writesCompactTextThatReadsBackTheSame(text: String) throws {
        let value = try JSONParser.parse(text)
        #expect(value.text == text)
        #expect(try JSONParser.parse(value.bytes) == value)
    }

    /// Plain text is found eight bytes at a time: each place of an escape is met.
    @Test(arguments: 0...24) func escapesAtEveryPlace(length: Int) {
        let plain = String(repeating: "a", count: length)
        for (character, escape) in [
            ("\"", "\\\""), ("\\", "\\\\"), ("\n", "\\n"), ("\u{1}", "\\u0001"), ("\u{10}", "\\u0010"),
        ] {
            #expect(JSON.string(plain + character + plain).text == "\"\(plain)\(escape)\(plain)\"")
            #expect(JSON.string(character + plain + character).text == "\"\(escape)\(plain)\(escape)\"")
        }
    }

    @Test func everyScalarBelowSpaceIsEscaped() throws {
        for code in 0..<UInt8(0x20) {
            let text = String(Unicode.Scalar(code))
            let written = JSON.string(text).bytes
            #expect(!written.contains(code))
            #expect(try JSONParser.parse(written) == .string(text))
        }
    }
}
