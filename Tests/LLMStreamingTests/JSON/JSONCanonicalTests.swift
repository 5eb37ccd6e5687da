import Testing

@testable import LLMStreaming

/// The form that identities are hashed over (Contract, "Job lines").
@Suite struct JSONCanonicalTests {
    @Test(arguments: [
        (#"{"b":1,"a":{"d":[{"f":1,"e":2}],"c":2}}"#, #"{"a":{"c":2,"d":[{"e":2,"f":1}]},"b":1}"#),
        (#"[3,1,2]"#, "[3,1,2]"), (#"{"a":1,"B":2,"é":3,"z":4}"#, #"{"B":2,"a":1,"z":4,"é":3}"#),
        (#"{"aa":1,"a":2,"":3}"#, #"{"":3,"a":2,"aa":1}"#), (#"{"a":2,"a":1}"#, #"{"a":2,"a":1}"#),
        (#" { "a" : "\u00e9\/" } "#, #"{"a":"é/"}"#), ("null", "null"), ("true", "true"),
    ])
    func keysAreSortedByTheirBytes(text: String, canonical: String) throws {
        #expect(String(decoding: try JSONParser.parse(text).canonicalBytes, as: UTF8.self) == canonical)
    }

    @Test(arguments: [
        ("0", "0"), ("-0", "-0"), ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1.0", "1.0"), ("1e0", "1.0"), ("1E+0", "1.0"), ("0.70", "0.7"), ("7e-1", "0.7"), ("1e2", "100.0"),
        ("1e400", "1e400"), ("0.1", "0.1"), ("0.1000000000000000055511151231257827", "0.1"), ("-0.0", "-0.0"),
    ])
    func integersAreVerbatimAndOthersTheShortestDouble(text: String, canonical: String) throws {
        #expect(String(decoding: try JSONParser.parse(text).canonicalBytes, as: UTF8.self) == canonical)
    }
}
