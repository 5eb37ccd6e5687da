import SharedMaterial
import Testing

@testable import JSONSchema

/// However the bytes are cut, the same is said at the same byte.
struct CutTests {
    static let schema = #"""
        {"type":"object","properties":{"é":{"type":"string","maxLength":6},"list":{"items":{"type":["number","null"]},
        "uniqueItems":true},"kind":{"enum":["a\"b","ünï","😀"]},"deep":{"$ref":"#"}},"required":["kind"],
        "patternProperties":{"^x":{"pattern":"y$"}},"additionalProperties":false}
        """#
    static let texts = [
        #"{ "é" : "\u00e9\ud83d\ude00😀ab", "list":[1,-2.5e+3,null], "kind":"\ud83d\ude00","deep":{"kind":"a\"b"},"xz":"y"} "#,
        #"{"kind":"a\"b","deep":{"kind":"ünï","list":[1,2,1.0]}}"#, #"{"kind":"ün\u00ee"}"#, #"{"é":"1234567"}"#,
        #"{"kind":"😀","xz":"yz"}"#, #"{"kind":"😀","zz":1}"#, #"{"deep":{}}"#, #"{"kind":"\ud83d\ude01"}"#,
    ]

    @Test(arguments: texts)
    func everyCutSaysTheSame(text: String) throws {
        let schema = try JSONSchema(text: Self.schema)
        let bytes = Array(text.utf8)
        let whole = schema.end(of: bytes)
        for cut in 0...bytes.count {
            var stream = SchemaStream(schema)
            stream.append(Array(bytes[..<cut]))
            stream.append(Array(bytes[cut...]))
            #expect(stream.finish() == whole, "cut at \(cut)")
        }
        let seed = environment("LLM4S_SEED", default: 7)
        var random = SplitMix64(state: UInt64(seed))
        for _ in 0..<50 {
            var stream = SchemaStream(schema)
            var rest = bytes[...]
            while !rest.isEmpty {
                let length = Int.random(in: 1...5, using: &random)
                stream.append(Array(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
            #expect(stream.finish() == whole, "seed \(seed)")
        }
    }
}
