package import LLMStreaming

/// A JSON Schema, compiled: a document that says which values are right.
///
/// The draft is the one that `$schema` names (2020-12, 2019-09, 7, 6 and 4), else 2020-12. Names that are no keyword of
/// it are ignored, `format` and what begins with `content` are notes. `unevaluatedItems`, `unevaluatedProperties`,
/// `$dynamicRef`, `$recursiveRef` and references to other documents are faults, since without them a check would say
/// yes to what the schema forbids.
///
/// ```swift
/// let schema = try JSONSchema(["type": "array", "items": ["type": "integer"], "maxItems": 2])
/// var stream = SchemaStream(schema)
/// print(stream.append(Array("[1, \"a".utf8)))  // impossible at byte 4
/// ```
package struct JSONSchema: Sendable {
    let program: SchemaProgram

    /// Compiles a schema document.
    ///
    /// - Throws: the first fault of it, with its place.
    package init(_ document: JSON) throws(SchemaFault) {
        program = try SchemaCompiler.compile(document)
    }

    /// What is wrong with a value.
    ///
    /// - Parameters:
    ///   - bytes: the value as JSON in UTF-8.
    ///   - mostFindings: how many are told at most, one at least.
    /// - Returns: nothing where it is valid.
    package func findings(in bytes: [UInt8], mostFindings: Int = 10) -> [SchemaFinding] {
        var stream = SchemaStream(self)
        stream.append(bytes.span)
        let first: SchemaFinding
        switch stream.finish() {
        case .valid, .possible: return []
        case .invalid(_, let finding), .impossible(_, let finding): first = finding
        }
        var syntax = SchemaStream(Self.anything)
        syntax.append(bytes.span)
        switch syntax.finish() {
        case .invalid(_, let finding), .impossible(_, let finding): return [finding]
        case .valid, .possible: break
        }
        guard let value = try? JSONParser.parse(bytes) else { return [first] }
        var check = ValueCheck(program.nodes, steps: 1_000_000, mostFindings: max(1, mostFindings))
        check.explain(CheckedValue(value), program.root)
        return check.findings.isEmpty ? [first] : check.findings
    }

    private init(program: SchemaProgram) { self.program = program }

    /// Fits every value.
    private static let anything = JSONSchema(
        program: PlanBuilder.program([SchemaNode(pointer: "")], root: 0))
}
