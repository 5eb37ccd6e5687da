import LLMStreaming

/// A schema's place in the document, and the URI that references in it are relative to.
struct SchemaPlace {
    let pointer: String
    let value: JSON
    let base: URIReference

    func child(_ name: String, _ value: JSON) -> (pointer: String, value: JSON) {
        (pointer + "/" + Excerpt.pointerPart(name), value)
    }
}

/// What `$ref` can name in a document: its resources by URI, its anchors, and everything by JSON pointer.
struct SchemaIndex {
    let draft: SchemaDraft
    private var resources: [String: SchemaPlace] = [:]
    private var anchors: [String: SchemaPlace] = [:]
    /// The base of each schema that has one of its own, by pointer.
    private var bases: [String: URIReference] = [:]

    init(_ document: JSON, draft: SchemaDraft) throws(SchemaFault) {
        self.draft = draft
        let root = SchemaPlace(pointer: "", value: document, base: URIReference(""))
        resources[""] = root
        var waiting = [root]
        while let place = waiting.popLast() { waiting += try enter(place) }
    }

    /// The base of references in the schema at a pointer, which stands in one with this base.
    func base(at pointer: String, in outer: URIReference) -> URIReference { bases[pointer] ?? outer }

    /// Notes a schema's names, and gives the schemas in it.
    private mutating func enter(_ place: SchemaPlace) throws(SchemaFault) -> [SchemaPlace] {
        guard let object = place.value.object else { return [] }
        var base = place.base
        if !(draft.refStandsAlone && Bytes.value(of: "$ref", in: object) != nil) {
            base = try identify(place, object)
        }
        return Self.schemas(in: object, at: place.pointer).map {
            SchemaPlace(pointer: $0.pointer, value: $0.value, base: base)
        }
    }

    private mutating func identify(_ place: SchemaPlace, _ object: JSONObject) throws(SchemaFault) -> URIReference {
        var base = place.base
        if let identifier = Bytes.value(of: draft.identifier, in: object) {
            guard let text = identifier.string else {
                let pointer = place.child(draft.identifier, identifier).pointer
                throw SchemaFault(pointer: pointer, found: Excerpt.of(identifier.text), asked: "a URI")
            }
            let reference = URIReference(text).resolved(against: base)
            if text.hasPrefix("#") {
                if text.count > 1, draft <= .seven { anchors[base.document + text] = place }
            } else {
                base = reference
                base.fragment = nil
                bases[place.pointer] = base
                resources[base.document] = SchemaPlace(pointer: place.pointer, value: place.value, base: base)
            }
        }
        for keyword in ["$anchor", "$dynamicAnchor"] where draft.has(keyword) {
            guard let name = Bytes.value(of: keyword, in: object)?.string else { continue }
            anchors[base.document + "#" + name] = SchemaPlace(pointer: place.pointer, value: place.value, base: base)
        }
        return base
    }

    /// The schemas that a schema holds, as the keywords of all drafts have it.
    private static func schemas(in object: JSONObject, at pointer: String) -> [(pointer: String, value: JSON)] {
        var found: [(pointer: String, value: JSON)] = []
        for keyword in SchemaPlaces.schemas {
            guard let value = Bytes.value(of: keyword, in: object), value.object != nil else { continue }
            found.append((pointer + "/" + keyword, value))
        }
        for keyword in SchemaPlaces.lists {
            for (position, value) in (Bytes.value(of: keyword, in: object)?.array ?? []).enumerated() {
                found.append((pointer + "/" + keyword + "/\(position)", value))
            }
        }
        for keyword in SchemaPlaces.maps {
            for member in Bytes.value(of: keyword, in: object)?.object?.members ?? [] {
                found.append((pointer + "/" + keyword + "/" + Excerpt.pointerPart(member.key), member.value))
            }
        }
        return found
    }

    /// The schema that a reference names.
    ///
    /// - Parameter fault: makes the fault from what is asked.
    func target(
        of text: String, from base: URIReference, fault: (String) -> SchemaFault
    ) throws(SchemaFault) -> SchemaPlace {
        let reference = URIReference(text).resolved(against: base)
        guard let resource = resources[reference.document] else {
            throw fault("a reference to a place in the same schema document")
        }
        guard let fragment = URIReference.decoded(reference.fragment ?? "") else {
            throw fault("percent escapes of two hexadecimal digits")
        }
        if fragment.isEmpty { return resource }
        if fragment.hasPrefix("/") { return try walk(from: resource, fragment, fault: fault) }
        guard let place = anchors[reference.document + "#" + fragment] else {
            throw fault("an anchor that the schema has")
        }
        return place
    }

    /// Goes along a JSON pointer (RFC 6901).
    private func walk(
        from resource: SchemaPlace, _ pointer: String, fault: (String) -> SchemaFault
    ) throws(SchemaFault) -> SchemaPlace {
        var place = resource
        for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let name = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
            let value: JSON?
            switch place.value {
            case .object(let object): value = Bytes.value(of: name, in: object)
            case .array(let elements):
                value = Int(name).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            default: value = nil
            }
            guard let value else { throw fault("a reference to a place that the schema has") }
            let pointer = place.child(name, value).pointer
            place = SchemaPlace(pointer: pointer, value: value, base: base(at: pointer, in: place.base))
        }
        return place
    }
}

/// Names compared byte by byte: `==` of Swift's strings takes those for equal that Unicode calls equivalent.
enum Bytes {
    static func areEqual(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

    /// The last member of a name.
    static func value(of name: String, in object: JSONObject) -> JSON? {
        object.members.last { $0.key.utf8.count == name.utf8.count && areEqual($0.key, name) }?.value
    }

    /// The members, of each name the last one, in time linear in them.
    static func members(of object: JSONObject) -> [JSONObject.Member] {
        var seen: Set<[UInt8]> = []
        return object.members.reversed().filter { seen.insert(Array($0.key.utf8)).inserted }.reversed()
    }
}
