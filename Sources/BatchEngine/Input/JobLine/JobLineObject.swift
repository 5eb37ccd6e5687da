import LLMStreaming

/// The members of an object whose names are fixed; nulls count as absent.
struct KnownMembers<Field: FieldName> {
    private let object: JSONObject
    let place: LinePlace

    /// Adds a fault for every name that does not exist there or that stands there twice.
    ///
    /// - Parameter allowsEmpty: whether a member of another name may stand there that asks nothing.
    init(_ object: JSONObject, at place: LinePlace, allowsEmpty: Bool = false, faults: inout LineFaults) {
        self.object = object
        self.place = place
        var seen: UInt64 = 0
        for member in object.members {
            guard let position = Field.names.firstIndex(of: member.key) else {
                if allowsEmpty, member.value.asksNothing { continue }
                faults.addUnknown(member.key, at: place, known: Field.names)
                continue
            }
            // Readers of JSON differ in which one they take.
            if seen & 1 << position != 0 { faults.add("'\(member.key)'\(place.suffix) is given twice") }
            seen |= 1 << position
        }
    }

    subscript(_ field: Field) -> JSON? {
        guard let value = object[field.rawValue] else { return nil }
        if case .null = value { return nil }
        return value
    }

    /// The text of a field; a fault and nil where it is something else, nil where it is absent.
    func string(_ field: Field, faults: inout LineFaults) -> String? {
        guard let value = self[field] else { return nil }
        if case .string(let text) = value { return text }
        faults.addWrong(field.rawValue, at: place, expected: "a string", found: value)
        return nil
    }

    /// The elements of a field; a fault and nil where it is something else, nil where it is absent.
    func array(_ field: Field, faults: inout LineFaults) -> [JSON]? {
        guard let value = self[field] else { return nil }
        if case .array(let elements) = value { return elements }
        faults.addWrong(field.rawValue, at: place, expected: "an array", found: value)
        return nil
    }

    /// The members of a field; a fault and nil where it is something else, nil where it is absent.
    func object(_ field: Field, faults: inout LineFaults) -> JSONObject? {
        guard let value = self[field] else { return nil }
        if case .object(let object) = value { return object }
        faults.addWrong(field.rawValue, at: place, expected: "an object", found: value)
        return nil
    }
}

extension JSON {
    /// Whether it is null, false, an empty text, list or object, or a list or object of such: SDKs write all members that
    /// there may be.
    var asksNothing: Bool {
        switch self {
        case .null, .bool(false), .string(""): true
        case .array(let elements): elements.allSatisfy(\.asksNothing)
        case .object(let object): object.members.allSatisfy(\.value.asksNothing)
        default: false
        }
    }
}
