/// The keywords that a value can break.
enum Keyword: UInt8, Sendable {
    case type, literal, falseSchema
    case minimum, maximum, multipleOf
    case minLength, maxLength, pattern
    case minItems, maxItems, uniqueItems, contains, maxContains
    case required, additionalProperties, minProperties, maxProperties, dependentRequired
    case not, oneOf, anyOf, condition, dependentSchemas
}
