/// A version of JSON Schema, as far as they differ here.
enum SchemaDraft: Int, Sendable, Comparable {
    case four = 4
    case six = 6
    case seven = 7
    case of2019 = 2019
    case of2020 = 2020

    static func < (left: SchemaDraft, right: SchemaDraft) -> Bool { left.rawValue < right.rawValue }

    /// The draft that `$schema` names; the newest where it names none of these.
    init(naming uri: String?) {
        let known: [(String, SchemaDraft)] = [
            ("json-schema.org/draft-04/schema", .four), ("json-schema.org/draft-06/schema", .six),
            ("json-schema.org/draft-07/schema", .seven), ("json-schema.org/draft/2019-09/schema", .of2019),
            ("json-schema.org/draft/2020-12/schema", .of2020),
        ]
        var name = Substring(uri ?? "")
        for scheme in ["http://", "https://"] where name.hasPrefix(scheme) { name = name.dropFirst(scheme.count) }
        if name.hasSuffix("#") { name = name.dropLast() }
        self = known.first { $0.0 == name }?.1 ?? .of2020
    }

    var identifier: String { self == .four ? "id" : "$id" }

    /// Whether nothing beside `$ref` counts.
    var refStandsAlone: Bool { self <= .seven }
    var hasBooleanSchemas: Bool { self >= .six }
    var hasPrefixItems: Bool { self >= .of2020 }

    /// Where it has a keyword that not all drafts have.
    func has(_ keyword: String) -> Bool {
        switch keyword {
        case "const", "contains", "propertyNames": self >= .six
        case "if", "then", "else": self >= .seven
        case "$anchor", "dependentRequired", "dependentSchemas", "minContains", "maxContains",
            "unevaluatedItems", "unevaluatedProperties":
            self >= .of2019
        case "$defs": self >= .of2019
        case "$recursiveRef": self == .of2019
        case "prefixItems", "$dynamicRef", "$dynamicAnchor": self >= .of2020
        case "additionalItems": self <= .of2019
        default: true
        }
    }
}

/// The keywords whose values are schemas, by what their value is.
enum SchemaPlaces {
    static let schemas = [
        "additionalProperties", "additionalItems", "contains", "propertyNames", "not", "if", "then", "else", "items",
        "unevaluatedItems", "unevaluatedProperties", "contentSchema",
    ]
    static let lists = ["allOf", "anyOf", "oneOf", "prefixItems", "items"]
    static let maps = [
        "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies",
    ]
}
