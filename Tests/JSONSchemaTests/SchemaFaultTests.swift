import LLMStreaming
import Testing

@testable import JSONSchema

/// What is no schema is told with its place; what no keyword is, is ignored.
struct SchemaFaultTests {
    @Test(arguments: [
        (#"{"type":"strin"}"#, "/type"), (#"{"type":[]}"#, "/type"), (#"{"type":["string",1]}"#, "/type"),
        (#"{"minLength":"x"}"#, "/minLength"), (#"{"minLength":-1}"#, "/minLength"),
        (#"{"maxItems":1.5}"#, "/maxItems"), (#"{"required":true}"#, "/required"),
        (#"{"required":["a",1]}"#, "/required"), (#"{"enum":{}}"#, "/enum"), (#"{"multipleOf":0}"#, "/multipleOf"),
        (#"{"multipleOf":-2}"#, "/multipleOf"), (#"{"minimum":"1"}"#, "/minimum"),
        (#"{"exclusiveMinimum":true}"#, "/exclusiveMinimum"), (#"{"properties":[]}"#, "/properties"),
        (#"{"properties":{"a/b":3}}"#, "/properties/a~1b"), (#"{"anyOf":[]}"#, "/anyOf"), (#"{"not":null}"#, "/not"),
        (#"{"items":[{}]}"#, "/items"), (#"{"uniqueItems":"yes"}"#, "/uniqueItems"),
        (#"{"additionalProperties":"no"}"#, "/additionalProperties"), (#"{"pattern":"("}"#, "/pattern"),
        (#"{"patternProperties":{"[":{}}}"#, "/patternProperties/["), ("3", ""), ("[]", ""),
        (##"{"$ref":"#/$defs/a"}"##, "/$ref"), (##"{"$ref":"https://example.com/other"}"##, "/$ref"),
        (##"{"$ref":"#/%zz"}"##, "/$ref"), (##"{"$ref":"#name"}"##, "/$ref"), (##"{"$ref":7}"##, "/$ref"),
        (##"{"$ref":"#"}"##, ""), (##"{"anyOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"not":{"$ref":"#"}}}}"##, ""),
        (#"{"unevaluatedProperties":false}"#, "/unevaluatedProperties"),
        (#"{"items":{"unevaluatedItems":false}}"#, "/items/unevaluatedItems"),
        (##"{"$dynamicRef":"#a"}"##, "/$dynamicRef"), (##"{"$schema":1}"##, "/$schema"), (##"{"$id":1}"##, "/$id"),
        (#"{"$defs":{"unused":{"type":"strin"}}}"#, "/$defs/unused/type"),
        (##"{"$schema":"http://json-schema.org/draft-04/schema#","properties":{"a":true}}"##, "/properties/a"),
    ])
    func aFaultHasItsPlace(schema: String, pointer: String) throws {
        let document = try JSONParser.parse(schema)
        do throws(SchemaFault) {
            _ = try JSONSchema(document)
            Issue.record("\(schema) compiled")
        } catch {
            // A schema that comes back to itself may be found at any place of its circle.
            if !error.found.contains("refers to itself") { #expect(error.pointer == pointer, "\(schema): \(error)") }
            #expect(!error.asked.isEmpty && !error.found.isEmpty)
        }
    }

    @Test(arguments: [
        #"{"x-note":{"type":"strin"},"readonly":1,"format":"email","contentEncoding":"base64","title":"t"}"#,
        #"{"const":{"$ref":"https://example.com/other"}}"#, #"{"enum":[{"$id":7}]}"#,
        ##"{"$schema":"http://json-schema.org/draft-07/schema#","unevaluatedProperties":false}"##,
        ##"{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/a","minLength":"x","definitions":{"a":{}}}"##,
        ##"{"$schema":"http://json-schema.org/draft-04/schema#","const":1,"if":3,"contains":4}"##,
    ])
    func whatIsNoKeywordOfTheDraftIsIgnored(schema: String) throws {
        _ = try JSONSchema(try JSONParser.parse(schema))
    }
}
