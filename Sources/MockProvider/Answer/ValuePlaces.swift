/// A place in a value that was made by a schema.
struct ValuePlace {
    /// The indices of members and elements on the way from the root.
    let path: [Int]
    let value: JSON
    /// What the schema says of the place, not resolved.
    let schema: JSON

    /// The places of a value, the shallow ones first; at most 10,000.
    static func all(in value: JSON, of document: SchemaDocument) -> [ValuePlace] {
        var places = [ValuePlace(path: [], value: value, schema: document.root)]
        var next = 0
        while next < min(places.count, 10_000) {
            places += places[next].children(in: document)
            next += 1
        }
        return places
    }

    private func children(in document: SchemaDocument) -> [ValuePlace] {
        let schema = document.resolved(schema, isDeep: SchemaValue.isDeep(path.count))
        return switch value {
        case .object(let members):
            members.enumerated().map { index, member in
                ValuePlace(
                    path: path + [index], value: member.value,
                    schema: SchemaDocument.member(member.key, of: schema) ?? [:])
            }
        case .array(let elements):
            elements.enumerated().map { index, element in
                ValuePlace(
                    path: path + [index], value: element, schema: SchemaDocument.element(index, of: schema) ?? [:])
            }
        default: []
        }
    }
}

extension JSON {
    /// The value with another one at a place.
    ///
    /// - Parameter movesAhead: Whether the members on the way go before the others of their objects.
    func replacing(at path: some Collection<Int>, with value: JSON, movesAhead: Bool = true) -> JSON {
        guard let index = path.first else { return value }
        switch self {
        case .object(var members):
            var member = members.remove(at: index)
            member.value = member.value.replacing(at: path.dropFirst(), with: value, movesAhead: movesAhead)
            members.insert(member, at: movesAhead ? 0 : index)
            return .object(members)
        case .array(var elements):
            elements[index] = elements[index].replacing(at: path.dropFirst(), with: value, movesAhead: movesAhead)
            return .array(elements)
        default: return self
        }
    }
}
