import Foundation
import Testing

@testable import MockProvider

/// Values that fit a schema, and spoilt ones.
@Suite struct SchemaValueTests {
    /// A schema in which every way of spoiling finds a place.
    static let person = ##"""
        {"type":"object","additionalProperties":false,"required":["name","age","kind","home","tags"],"properties":{
        "name":{"type":"string"},"age":{"type":"integer","minimum":18,"maximum":99},"kind":{"enum":["guest","host"]},
        "rate":{"type":"number","minimum":0,"maximum":1},"isNew":{"type":["boolean","null"]},
        "note":{"anyOf":[{"type":"string"},{"type":"null"}]},"tags":{"type":"array","items":{"type":"string"},"minItems":1},
        "home":{"$ref":"#/$defs/place"}},"$defs":{"place":{"type":"object","additionalProperties":false,
        "required":["town"],"properties":{"town":{"type":"string","maxLength":12},"next":{"$ref":"#/$defs/place"}}}}}
        """##

    static let schemas = [
        person, "{}", "true", #"{"type":"null"}"#, #"{"type":"integer","minimum":-3,"exclusiveMaximum":0}"#,
        #"{"type":"integer","minimum":10,"maximum":50,"multipleOf":7}"#, #"{"type":"integer","maximum":-5}"#,
        #"{"type":"number","exclusiveMinimum":0.1,"exclusiveMaximum":0.13}"#,
        #"{"type":"number","minimum":0.0011,"maximum":0.0019}"#, #"{"type":"number","multipleOf":0.25}"#,
        #"{"minimum":7}"#, #"{"type":"string","minLength":3,"maxLength":3}"#, #"{"type":"string","minLength":400}"#,
        #"{"type":"string","maxLength":0}"#, #"{"type":["string","integer","null"],"maxLength":9,"minimum":4}"#,
        #"{"type":"array","items":{"enum":[1,2,3]},"uniqueItems":true,"minItems":3,"maxItems":3}"#,
        #"{"type":"array","maxItems":0}"#, #"{"items":{"type":"array","items":{"type":"boolean"},"minItems":2}}"#,
        #"{"type":"array","prefixItems":[{"const":1},{"type":"string"}],"items":false}"#,
        #"{"type":"object","additionalProperties":{"type":"integer"}}"#,
        #"{"type":"object","required":["free"],"properties":{"never":false,"b":true}}"#,
        #"{"allOf":[{"properties":{"a":{"const":null}},"required":["a"]},{"required":["b"]}]}"#,
        #"{"oneOf":[{"type":"integer"},{"type":"string"}]}"#,
        ##"{"definitions":{"a/b":{"type":"boolean"}},"type":"object","required":["x"],"properties":{"x":{"$ref":"#/definitions/a~1b"}}}"##,
        ##"{"type":"object","required":["v","on"],"properties":{"v":{"type":"integer"},"on":{"anyOf":[{"$ref":"#"},{"type":"null"}]}}}"##,
        ##"{"anyOf":[{"type":"array","items":{"$ref":"#"},"minItems":1},{"type":"integer"}]}"##,
    ]

    static func value(_ schema: String, seed: UInt64, words: Int? = nil) throws -> JSON {
        let root = try JSONDecoder().decode(JSON.self, from: Data(schema.utf8))
        return SchemaValue(document: SchemaDocument(root: root), wordsPerString: words).value(seed: seed)
    }

    @Test(arguments: schemas)
    func fitsItsSchema(schema: String) throws {
        // The checker's pointers have no escapes.
        let checker = try SchemaChecker(schema.replacing("a~1b", with: "ab").replacing("a/b", with: "ab"))
        for seed in 0..<60 as Range<UInt64> {
            let text = try Self.value(schema, seed: seed).text
            #expect(checker.fits(text), "\(text)")
            #expect(try Self.value(schema, seed: seed).text == text)
        }
    }

    @Test func variesWithTheSeed() throws {
        let values = try (0..<60 as Range<UInt64>).map { try Self.value(Self.person, seed: $0) }
        #expect(Set(values.map(\.text)).count == 60)
        #expect(Set(values.compactMap { $0["kind"]?.string }) == ["guest", "host"])
        #expect(Set(values.compactMap { $0["age"]?.integer }).count > 20)
        #expect(Set(values.map { $0["note"] == nil }).count == 2, "an optional member comes sometimes")
        #expect(values.contains { $0["name"]?.string?.contains("\"") == true }, "some strings need escapes")
    }

    @Test(arguments: schemas, WrongAnswer.allCases)
    func aSpoiltValueDoesNotFit(schema: String, way: WrongAnswer) throws {
        let checker = try SchemaChecker(schema.replacing("a~1b", with: "ab").replacing("a/b", with: "ab"))
        let root = try JSONDecoder().decode(JSON.self, from: Data(schema.utf8))
        for seed in 0..<20 as Range<UInt64> {
            let value = try Self.value(schema, seed: seed, words: 60)
            let spoilt = SpoiltValue(value, of: SchemaDocument(root: root), seed: seed, needsFault: true).answer(way)
            // A loop is lawful JSON, and a reader may take a member that comes twice.
            if way == .loop || way == .duplicate {
                #expect(spoilt.text != value.text)
            } else {
                #expect(!checker.fits(spoilt.text), "\(spoilt.text)")
            }
        }
    }

    @Test(arguments: [
        (WrongAnswer.type, #"{"age":""#), (.enum, #"{"kind":"none of these","#), (.extra, #"{"unexpected":"#),
        (.nan, #"{"age":NaN,"#), (.duplicate, #"{"age":"#),
    ])
    func theWrongPlaceComesEarlyInALongAnswer(way: WrongAnswer, beginning: String) throws {
        let root = try JSONDecoder().decode(JSON.self, from: Data(Self.person.utf8))
        let value = try Self.value(Self.person, seed: 5, words: 60)
        let text = SpoiltValue(value, of: SchemaDocument(root: root), seed: 5, needsFault: false).answer(way).text
        #expect(text.hasPrefix(beginning), "\(text)")
        #expect(text.utf8.count > 600)
    }

    @Test func addsALongStringWhereTheSchemaHasNone() throws {
        let schema = #"{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}"#
        let root = try JSONDecoder().decode(JSON.self, from: Data(schema.utf8))
        let value = try Self.value(schema, seed: 1)
        let spoilt = SpoiltValue(value, of: SchemaDocument(root: root), seed: 1, needsFault: false).answer(.type)
        #expect(spoilt.value["n"]?.string != nil)
        #expect(spoilt.value["remarks"]?.string?.isEmpty == false)
    }
}
