import LLMStreaming
import SharedMaterial
import Testing

@testable import JSONSchema

/// Every text of a small language, as a tree of bytes: what brute force can complete a prefix to.
private final class Texts {
    private(set) var next: [UInt8: Texts] = [:]
    private(set) var value: CheckedValue?
    private(set) var isValid = false
    /// Whether a valid text begins here.
    private(set) var hasValid = false

    func add(_ text: String) throws {
        var node = self
        for byte in text.utf8 {
            let child = node.next[byte] ?? Texts()
            node.next[byte] = child
            node = child
        }
        node.value = CheckedValue(try JSONParser.parse(text))
    }

    /// Judges all texts by the check of whole values, which shares no code with the stream but numbers and names.
    func judge(_ schema: JSONSchema) {
        var check = ValueCheck(schema.program.nodes, steps: 100_000, mostFindings: 1)
        if let value { check.explain(value, schema.program.root) }
        isValid = value != nil && check.findings.isEmpty
        for child in next.values { child.judge(schema) }
        hasValid = isValid || next.values.contains { $0.hasValid }
    }

    static let names = ["a", "b", "ab"]
    static let plain = ["null", "true", "false", "1", "2", "-1", "1.5", #""""#, #""a""#, #""b""#, #""ab""#, #""bb""#]
    static let spellings = ["1.0", "10e-1", "0.5e1", "15e-1", #""\u0061""#, #""a\u0062""#, #""é""#, #""\u00e9""#]

    static func tree() throws -> Texts {
        let tree = Texts()
        for text in plain + spellings + ["[]", "{}"] { try tree.add(text) }
        let inner = plain + ["[]", "{}", "[1]", #"["a"]"#, #"{"a":1}"#, #"{"b":"a"}"#]
        for first in inner {
            try tree.add("[\(first)]")
            for name in names + ["c", #"\u0061"#] { try tree.add(#"{"\#(name)":\#(first)}"#) }
            for second in inner {
                try tree.add("[\(first),\(second)]")
                for name in names {
                    for other in names + ["c"] where other != name {
                        try tree.add(#"{"\#(name)":\#(first),"\#(other)":\#(second)}"#)
                    }
                }
            }
        }
        let few = ["1", #""a""#, "null"]
        for first in few {
            for (second, third) in few.flatMap({ second in few.map { (second, $0) } }) {
                try tree.add("[\(first),\(second),\(third)]")
                for order in [["a", "b", "ab"], ["b", "ab", "a"], ["ab", "a", "b"], ["b", "a", "c"]] {
                    try tree.add(
                        #"{"\#(order[0])":\#(first),"\#(order[1])":\#(second),"\#(order[2])":\#(third)}"#)
                }
            }
        }
        return tree
    }
}

/// Small schemas of all keywords.
private struct RandomSchema {
    var random: SplitMix64

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &random)]
    }

    private mutating func several(_ depth: Int) -> JSON {
        .array((0..<Int.random(in: 1...3, using: &random)).map { _ in schema(depth) })
    }

    private mutating func literal() throws -> JSON {
        try JSONParser.parse(pick(Texts.plain + Texts.spellings + ["[1]", #"{"a":1}"#, #"["a",1]"#]))
    }

    mutating func schema(_ depth: Int) -> JSON {
        if Int.random(in: 0..<12, using: &random) == 0 { return .bool(Bool.random(using: &random)) }
        var object = JSONObject()
        for _ in 0..<Int.random(in: 1...3, using: &random) { add(to: &object, depth) }
        return .object(object)
    }

    private mutating func add(to object: inout JSONObject, _ depth: Int) {
        let count = JSON.int(Int.random(in: 0...2, using: &random))
        let number = JSON.number(pick(["0", "1", "1.5", "-1", "2"]))
        let name = pick(Texts.names)
        let types = ["null", "boolean", "number", "integer", "string", "array", "object", "object"]
        switch Int.random(in: 0..<(depth > 0 ? 24 : 8), using: &random) {
        case 0, 1: object["type"] = .string(pick(types))
        case 2: object["type"] = [.string(pick(types)), .string(pick(["object", "array", "string"]))]
        case 3: object["enum"] = .array((0..<3).compactMap { _ in try? literal() })
        case 4: object["const"] = try? literal()
        case 5: object[pick(["minLength", "maxLength"])] = count
        case 6: object[pick(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])] = number
        case 7: object["multipleOf"] = .number(pick(["1", "0.5", "2"]))
        case 8, 9: object["properties"] = [name: schema(depth - 1), pick(Texts.names): schema(depth - 1)]
        case 10: object["required"] = [.string(name)]
        case 11, 12: object["additionalProperties"] = Bool.random(using: &random) ? false : schema(depth - 1)
        case 13: object["items"] = schema(depth - 1)
        case 14: object["prefixItems"] = several(depth - 1)
        case 15: object[pick(["minItems", "maxItems", "minProperties", "maxProperties"])] = count
        case 16: object["uniqueItems"] = true
        case 17:
            object["contains"] = schema(depth - 1)
            object[pick(["minContains", "maxContains"])] = count
        case 18: object[pick(["anyOf", "oneOf", "allOf"])] = several(depth - 1)
        case 19: object["not"] = schema(depth - 1)
        case 20:
            object["if"] = schema(depth - 1)
            object["then"] = schema(depth - 1)
            if Bool.random(using: &random) { object["else"] = schema(depth - 1) }
        case 21: object["dependentSchemas"] = [name: schema(depth - 1)]
        case 22: object["patternProperties"] = [pick(["^a", "b$"]): schema(depth - 1)]
        default: object["propertyNames"] = schema(0)
        }
    }

    /// A schema whose valid texts are all in the tree, but for other spellings, and of which single rules tell all.
    mutating func closed() -> JSON {
        func values(_ count: Int) -> JSON {
            [
                "enum": .array(
                    (0..<count).map { _ in .string(pick(["a", "b", "ab", ""])) } + [pick([nil, true, false])])
            ]
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return values(Int.random(in: 1...3, using: &random))
        case 1:
            let bounds = [Int.random(in: 0...2, using: &random), Int.random(in: 0...2, using: &random)].sorted()
            return [
                "type": "array", "items": values(2), "minItems": .int(bounds[0]), "maxItems": .int(bounds[1]),
            ]
        case 2:
            return [
                "type": "object", "properties": [pick(Texts.names): values(1), pick(["a", "b"]): values(2)],
                "additionalProperties": false, "required": .array(Bool.random(using: &random) ? [.string("a")] : []),
            ]
        default: return ["anyOf": [closed(), closed()]]
        }
    }
}

/// The stream against brute force.
struct CompletionSearchTests {
    private static func walk(_ texts: Texts, _ stream: SchemaStream, _ path: [UInt8], _ schema: JSON) {
        var end = stream
        let isOver: Bool
        switch stream.state {
        case .possible, .valid: isOver = false
        case .impossible, .invalid: isOver = true
        }
        #expect(!isOver || !texts.hasValid, "too early: \(schema.text) at \(String(decoding: path, as: UTF8.self))")
        if texts.value != nil {
            #expect(
                (end.finish() == .valid) == texts.isValid,
                "\(schema.text) for \(String(decoding: path, as: UTF8.self)): \(end.state)")
        }
        if isOver { return }
        for (byte, child) in texts.next {
            var further = stream
            further.append([byte])
            walk(child, further, path + [byte], schema)
        }
    }

    @Test func noPrefixThatCanBeCompletedIsCalledImpossible() throws {
        let seed = environment("LLM4S_SEED", default: 1)
        let texts = try Texts.tree()
        for trial in 0..<environment("LLM4S_TRIALS", default: 60) {
            var random = RandomSchema(random: SplitMix64(state: UInt64(seed + trial)))
            let document = random.schema(2)
            let schema = try JSONSchema(document)
            texts.judge(schema)
            Self.walk(texts, SchemaStream(schema), [], document)
        }
    }

    /// Bytes that make no other spelling of anything: after any of them brute force is complete.
    private static let plainBytes = Array("{}[]\":,abtnfruels".utf8)

    @Test func everyPrefixThatCannotBeCompletedIsCalledImpossible() throws {
        let seed = environment("LLM4S_SEED", default: 1)
        let texts = try Texts.tree()
        var stopped = 0
        for trial in 0..<environment("LLM4S_TRIALS", default: 60) {
            var random = RandomSchema(random: SplitMix64(state: UInt64(seed + trial)))
            let document = random.closed()
            let schema = try JSONSchema(document)
            texts.judge(schema)
            var waiting = [(texts, SchemaStream(schema), "")]
            while let (node, stream, path) = waiting.popLast() {
                for byte in Self.plainBytes {
                    var further = stream
                    further.append([byte])
                    let text = path + String(decoding: [byte], as: UTF8.self)
                    if let child = node.next[byte], child.hasValid {
                        waiting.append((child, further, text))
                        continue
                    }
                    stopped += 1
                    #expect(
                        further.state != .possible && further.state != .valid,
                        "too late: \(document.text) at \(text), seed \(seed + trial)")
                }
            }
        }
        #expect(stopped > 1000)
    }
}
