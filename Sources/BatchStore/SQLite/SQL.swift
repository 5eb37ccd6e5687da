/// SQL made of literals only: values are bound, and cannot get into it.
///
/// What several statements have in common is a text of its own, which stands in each of them by its name:
///
/// ```swift
/// "SELECT \(JobRecord.columns) FROM jobs AS j JOIN requests AS r USING (job_id) WHERE j.custom_id = ?1"
/// ```
struct SQL: ExpressibleByStringInterpolation, CustomStringConvertible, Sendable {
    /// Joins literals and other such texts; there is no way in for anything else.
    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: StaticString) { text += literal.description }

        mutating func appendInterpolation(_ part: SQL) { text += part.description }
    }

    let description: String

    init(stringLiteral literal: StaticString) { description = literal.description }

    init(stringInterpolation parts: StringInterpolation) { description = parts.text }
}
