import LLMStreaming
import Testing

@testable import JSONSchema

/// The first byte after which nothing can make the answer right; the last byte of each text is it, and no earlier one.
struct StopTests {
    @Test(arguments: [
        (#"{"type":"string"}"#, ["1", "{", "t"]), (#"{"type":"object"}"#, [" \n["]), ("false", [""]),
        (#"{"type":["null","integer"]}"#, ["\"", "1.5e-", "15e-2", "f"]),
        (#"{"enum":["red","green"]}"#, [#""b"#, #""gre""#, #""\u0066"#, #""\u7"#, #""red "#, #""\n"#]),
        (#"{"const":100}"#, ["2", "-", "101", "1e3", "1e-", "1.01", "100.01", "10e2"]),
        (#"{"const":{"a":[1,"x"]}}"#, ["[", #"{"b"#, #"{"a":{"#, #"{"a":[2"#, #"{"a":[1,"x","#, #"{"a":[1]"#, "{}"]),
        (
            #"{"properties":{"ab":{},"ac":{}},"additionalProperties":false}"#,
            [#"{"b"#, #"{"a""#, #"{"ad"#, #"{"ab":1,"ab"#, #"{"ab":1,"ac":2,"#, #"{"\u0062"#, #"{"abc"#]
        ),
        (#"{"properties":{"a":false,"b":true},"additionalProperties":false}"#, [#"{"a"#]),
        (#"{"properties":{"a":{"type":"string"}}}"#, [#"{"a":1"#, #"{"b":1,"a":["#]),
        (#"{"maxLength":2}"#, [#""abc"#, #""a\u0062c"#, #""ab\"#, #""éaz"#]),
        (#"{"minLength":2}"#, [#""a""#]), (#"{"pattern":"^a+$"}"#, [#""ab""#]),
        (#"{"maxItems":1}"#, ["[1,"]), (#"{"maxItems":0}"#, ["[1", "[ {"]), (#"{"minItems":2}"#, ["[1]"]),
        (#"{"maxProperties":1}"#, [#"{"a":1,"#]), (#"{"required":["a","b"]}"#, [#"{"a":1}"#]),
        (#"{"required":["a","b"],"maxProperties":2}"#, [#"{"c""#]),
        (#"{"uniqueItems":true}"#, ["[1,1.0,", "[[],[]", #"["a","\u0061""#]),
        (#"{"minimum":10}"#, ["-", "9 "]), (#"{"maximum":0}"#, ["1"]),
        (#"{"type":"integer","maximum":12}"#, ["13", "2.1", "1e2", "12e1"]),
        (#"{"anyOf":[{"type":"string","maxLength":1},{"const":"xyz"}]}"#, [#""xz"#, #""ab"#, "1", #""xyza"#]),
        (#"{"oneOf":[{"type":"string"},{"const":"a"}]}"#, [#""a""#]),
        (#"{"allOf":[{"enum":["a","b"]},{"enum":["b","c"]}]}"#, [#""a"#, #""c"#]),
        (#"{"type":"string","enum":["a",1,"ab"],"minLength":2}"#, ["1", #""b"#, #""a""#]),
        (#"{"properties":{"a":{"type":"string"}},"allOf":[{"properties":{"a":{"type":"null"}}}]}"#, [#"{"a""#]),
        (#"{"not":{"type":"object"}}"#, ["{"]), (#"{"not":{"required":["a"]},"type":"object"}"#, [#"{"a""#]),
        (#"{"if":{"type":"array"},"then":{"maxItems":1},"else":false}"#, ["1", "[1,"]),
        (#"{"contains":{"type":"null"},"maxItems":2}"#, ["[1,2"]),
        (#"{"propertyNames":{"enum":["a","bc"]}}"#, [#"{"b""#, #"{"c"#]),
        (##"{"items":{"$ref":"#"},"type":"array"}"##, ["[[[1"]),
        (
            #"{"anyOf":[{"properties":{"t":{"const":"x"},"v":{"type":"null"}},"required":["t"]},"#
                + #"{"properties":{"t":{"const":"y"},"v":{"type":"string"}},"required":["t"]}]}"#,
            [#"{"t":"x","v":""#, #"{"t":"z"#, #"{"v":null,"t":"y"#]
        ),
    ])
    func theLastByteIsTheOne(schema: String, texts: [String]) throws {
        let compiled = try JSONSchema(text: schema)
        for text in texts {
            let bytes = Array(text.utf8)
            if bytes.isEmpty {
                #expect(SchemaStream(compiled).state != .possible, "\(schema)")
            } else {
                #expect(compiled.stop(in: bytes) == bytes.count - 1, "\(schema): \(text)")
            }
        }
    }

    /// Not JSON, whatever the schema.
    @Test(arguments: [
        "01", "-a", "1.a", "1e+a", "+", ".", "nul ", "tru,", "N", "I", "[,", "[1,]", "{1",
        #"{"a"1"#, #"{"a":}"#, #"{"a":1,}"#, "{,", "[1}", #"{"a":1]"#, "1 2", "{}{", "\"\n", "\"\u{1}", #""\x"#,
        #""\u00g"#, "'", "]", #"{"a":1,"a""#, "/",
        #"{"a":1,"b":2,"\u0061""#,
    ])
    func whatIsNoJSONIsImpossible(text: String) throws {
        let bytes = Array(text.utf8)
        #expect(try JSONSchema(text: "true").stop(in: bytes) == bytes.count - 1, "\(text)")
    }

    @Test func aByteOrderMarkIsImpossible() throws {
        #expect(try JSONSchema(text: "true").stop(in: [0xEF, 0xBB, 0xBF]) == 0)
    }

    @Test(arguments: [
        [0x80], [0xC0], [0xC1], [0xC3, 0x22], [0xE0, 0x9F], [0xED, 0xA0], [0xF0, 0x8F], [0xF4, 0x90], [0xF5], [0xFF],
        [0xE2, 0x82, 0x41],
    ])
    func textThatIsNoUTF8IsImpossible(bytes: [Int]) throws {
        let text = [UInt8(ascii: "\"")] + bytes.map { UInt8($0) }
        #expect(try JSONSchema(text: "true").stop(in: text) == text.count - 1)
        #expect(try JSONSchema(text: "true").findings(in: text + Array("\"".utf8)).count == 1)
    }

    @Test func depthIsBounded() throws {
        let open = Array(repeating: UInt8(ascii: "["), count: SchemaStream.maximumDepth)
        let schema = try JSONSchema(text: ##"{"items":{"$ref":"#"}}"##)
        #expect(schema.stop(in: open) == nil)
        #expect(schema.stop(in: open + [UInt8(ascii: "[")]) == open.count)
        #expect(schema.end(of: open + open.map { _ in UInt8(ascii: "]") }) == .valid)
    }

    @Test func thousandsOfNamesMayComeButNoneTwice() throws {
        let schema = try JSONSchema(text: #"{"additionalProperties":{"type":"integer"}}"#)
        let members = (0..<5000).map { "\"n\($0)\":\($0)" }.joined(separator: ",")
        #expect(schema.fits("{\(members)}"))
        let text = Array("{\(members),\"n77\"".utf8)
        #expect(schema.stop(in: text) == text.count - 1)
        #expect(schema.fits("[{\(members)},{\"n77\":1,\"a\":2}]"))
    }
}
