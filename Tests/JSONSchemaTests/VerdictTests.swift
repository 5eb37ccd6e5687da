import LLMStreaming
import Testing

@testable import JSONSchema

extension JSONSchema {
    init(text: String) throws { self = try JSONSchema(try JSONParser.parse(text)) }

    /// Where the stream stops when the bytes come one by one; nil where they are all taken.
    func stop(in text: [UInt8]) -> Int? {
        var stream = SchemaStream(self)
        for byte in text { stream.append([byte]) }
        switch stream.state {
        case .impossible(let place, _), .invalid(let place, _): return place
        case .possible, .valid: return nil
        }
    }

    func end(of text: [UInt8]) -> SchemaStream.State {
        var stream = SchemaStream(self)
        stream.append(text)
        return stream.finish()
    }

    func fits(_ text: String) -> Bool { end(of: Array(text.utf8)) == .valid }
}

/// Values and whether they fit, for what the drafts say in so many words.
struct VerdictTests {
    @Test(arguments: [
        (#"{"type":"integer"}"#, ["1", "1.0", "1e2", "-0", "10e-1", "1e400000000"], ["1.5", "1e-1", #""1""#, "true"]),
        (#"{"multipleOf":0.01}"#, ["0.07", "4.35", "0", "1e400000000"], ["0.075", "1e-400000000"]),
        (#"{"maximum":9007199254740993}"#, ["9007199254740993", "9.007199254740993e15"], ["9007199254740994"]),
        (#"{"minimum":0.1}"#, ["0.1", "1e-1"], ["0.09999999999999999999999"]),
        (#"{"exclusiveMinimum":1}"#, ["1.0000000000000000000000001"], ["1.0", "-1e400000000"]),
        (#"{"enum":[1,"a",null,[1,{"b":2}]]}"#, ["1.0", #""a""#, "[10e-1,{\"b\":2}]", "null"], ["2", "[1]", "true"]),
        (#"{"const":"\u00e9"}"#, [#""é""#, #""\u00e9""#], [#""e\u0301""#, #""e""#]),
        (#"{"maxLength":1}"#, [#""😀""#, #""\ud83d\ude00""#, #""""#], [#""ab""#, #""\ud83d\ud83d""#, #""e\u0301""#]),
        (#"{"uniqueItems":true}"#, ["[1,true,\"1\",[1],{}]"], ["[1,1.0]", #"[{"a":1,"b":2},{"b":2,"a":1e0}]"#]),
        (#"{"pattern":"b"}"#, [#""abc""#, "1"], [#""ac""#]),
        (#"{"properties":{"é":false}}"#, [#"{"e\u0301":1}"#], [#"{"\u00e9":1}"#]),
        (#"{"required":["a"],"minProperties":2}"#, [#"{"b":1,"a":2}"#, "1"], [#"{"a":1}"#, #"{"b":1,"c":2}"#]),
        (#"{"dependentRequired":{"a":["b"]}}"#, ["{}", #"{"b":1,"a":1}"#, #"{"a":1,"b":1}"#], [#"{"a":1}"#]),
        (#"{"dependencies":{"a":{"maxProperties":1}}}"#, [#"{"a":1}"#, #"{"b":1,"c":1}"#], [#"{"b":1,"a":1}"#]),
        (#"{"oneOf":[{"minimum":1},{"maximum":1}]}"#, ["0", "2"], ["1", #""a""#]),
        (#"{"not":{"required":["a"]}}"#, ["{}", #"{"b":1}"#], ["1", #"{"b":1,"a":1}"#]),
        (
            #"{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"maxProperties":0}}"#,
            ["{}", #"{"b":1,"a":1}"#], [#"{"a":1}"#, #"{"b":1}"#]
        ),
        (#"{"contains":{"const":1},"maxContains":1}"#, ["[0,1]", "[1]"], ["[]", "[1,1]", "[2]"]),
        (#"{"prefixItems":[true,{"type":"null"}],"items":false}"#, ["[]", "[1,null]"], ["[1,2]", "[1,null,3]"]),
        (#"{"propertyNames":{"maxLength":1}}"#, [#"{"a":1}"#], [#"{"ab":1}"#]),
        (
            #"{"patternProperties":{"^x":{"type":"null"}},"additionalProperties":false}"#,
            [#"{"xa":null}"#], [#"{"xa":1}"#, #"{"a":null}"#]
        ),
        (
            ##"{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##,
            [#"{"next":{"next":{}}}"#], [#"{"next":{"next":1}}"#]
        ),
        (
            #"{"$id":"http://x/y","$ref":"z#c","$defs":{"a":{"$id":"z","$defs":{"b":{"$anchor":"c","const":1}}}}}"#,
            ["1"], ["2"]
        ),
        (
            ##"{"properties":{"a":{"$ref":"#/x~1y/0/a%25b"}},"x/y":[{"a%b":{"const":1}}]}"##,
            [#"{"a":1}"#], [#"{"a":2}"#]
        ),
        (
            ##"{"$schema":"http://json-schema.org/draft-04/schema#","minimum":1,"exclusiveMinimum":true}"##,
            ["2"], ["1"]
        ),
        (
            ##"{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"const":1}],"additionalItems":false}"##,
            ["[1]"], ["[2]", "[1,1]"]
        ),
        ("true", ["1", "[{}]"], ["[", "", "1 1"]), ("false", [], ["1", "{}"]),
    ])
    func valuesFitOrDoNot(schema: String, right: [String], wrong: [String]) throws {
        let compiled = try JSONSchema(text: schema)
        for value in right {
            #expect(compiled.fits(value), "\(schema): \(value)")
            #expect(compiled.findings(in: Array(value.utf8)).isEmpty, "\(schema): \(value)")
        }
        for value in wrong {
            #expect(!compiled.fits(value), "\(schema): \(value)")
            #expect(!compiled.findings(in: Array(value.utf8)).isEmpty, "\(schema): \(value)")
        }
    }

    @Test func allThatIsWrongIsToldWithItsPlace() throws {
        let schema = try JSONSchema(
            text: """
                {"properties":{"age":{"type":"integer","maximum":120},"tags":{"items":{"enum":["a","b"]}},"name":{}},
                "required":["name","age"],"additionalProperties":false}
                """)
        let findings = schema.findings(in: Array(#"{"age":121,"tags":["a","c"],"x/y":1}"#.utf8))
        #expect(
            findings.map(\.description) == [
                #"the value: found an object of 3; asked is the required member "name""#,
                "/age: found 121; asked is a number at most 120",
                #"/tags/1: found "c"; asked is one of ["a","b"]"#,
                #"the value: found the member "x/y"; asked is no such member; allowed are "age", "name", "tags""#,
            ])
        #expect(schema.findings(in: Array(#"{"age":121,"tags":["a","c"],"x/y":1}"#.utf8), mostFindings: 2).count == 2)
    }

    @Test func aPatternThatTakesTooLongFailsTheCheckWithThatReason() throws {
        let schema = try JSONSchema(text: #"{"not":{"pattern":"^(a+)+\\1$"}}"#)
        let text = "\"" + String(repeating: "a", count: 5000) + "b\""
        let reasons = schema.findings(in: Array(text.utf8)).map(\.description)
        #expect(reasons.count == 1 && reasons[0].contains("too many steps"), "\(reasons)")
    }
}
