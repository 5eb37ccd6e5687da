/// A call of a tool, with its arguments cut into the pieces that are streamed.
struct ToolCall: Sendable {
    let id: String
    let name: String
    /// The arguments as a value.
    let input: JSON
    /// The arguments' JSON text, cut anywhere between two characters.
    let pieces: [String]

    /// Characters in a piece.
    private static let pieceLength = 7

    init(id: String, name: String, arguments: JSON) {
        self.id = id
        self.name = name
        input = arguments
        var rest = arguments.text[...]
        var pieces: [String] = []
        while !rest.isEmpty {
            pieces.append(String(rest.prefix(Self.pieceLength)))
            rest = rest.dropFirst(Self.pieceLength)
        }
        self.pieces = pieces
    }

    /// The arguments as one JSON text.
    var arguments: String { pieces.joined() }
    /// The name's chunk and one for each piece.
    var chunkCount: Int { pieces.count + 1 }

    /// Arguments that fit a tool's JSON Schema as far as the mock knows schemas: a value for each property by its type.
    static func arguments(for schema: JSON?, lastUserText: String) -> JSON {
        guard case .object(let properties)? = schema?["properties"] else {
            return schema == nil ? ["query": .string(lastUserText)] : [:]
        }
        return .object(properties.map { ($0.key, value(for: $0.value)) })
    }

    private static func value(for schema: JSON) -> JSON {
        if case .array(let values)? = schema["enum"], let first = values.first { return first }
        return switch schema["type"]?.string {
        case "integer": 42
        case "number": .number("2.5")
        case "boolean": true
        case "null": nil
        case "array": .array([schema["items"].map(value) ?? "eins"])
        case "object": arguments(for: schema, lastUserText: "")
        default: "Zürich \"東京\" 🚀"
        }
    }
}
