/// The members of a JSON object in the order of the document.
///
/// Look-up is a scan: the objects of requests and events have few members. Where a document names a member twice,
/// the last one is found, as with most JSON readers.
public struct JSONObject: Sendable, Hashable {
    /// A name and its value.
    public struct Member: Sendable, Hashable {
        /// The member's name.
        public var key: String
        /// The member's value.
        public var value: JSON

        /// A member.
        public init(key: String, value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// The members in order.
    public private(set) var members: [Member]

    /// An object with these members, by default none.
    public init(_ members: [Member] = []) { self.members = members }

    /// Whether there is no member.
    public var isEmpty: Bool { members.isEmpty }

    /// The value of a member; set nil to remove it, a new name is added at the end.
    public subscript(_ key: String) -> JSON? {
        get { members.last { $0.key == key }?.value }
        set {
            if let newValue {
                if let index = members.lastIndex(where: { $0.key == key }) {
                    members[index].value = newValue
                } else {
                    members.append(Member(key: key, value: newValue))
                }
            } else {
                members.removeAll { $0.key == key }
            }
        }
    }

    /// This object with the members of another put over its own, null ones too.
    public func merging(_ other: JSONObject) -> JSONObject { merging(other) { _, new in new } }

    /// This object with the members of another put over its own; of a name that both have, the value that is chosen.
    ///
    /// Takes time linear in both: an object from outside may have as many members as fit in an event.
    package func merging(_ other: JSONObject, choosing choose: (_ own: JSON, _ new: JSON) -> JSON) -> JSONObject {
        var result = self
        let isScanned =
            members.count + other.members.count <= Self.mostScanned || other.members.count <= Self.fewScanned
        if isScanned {
            for member in other.members {
                result[member.key] = result[member.key].map { choose($0, member.value) } ?? member.value
            }
            return result
        }
        var positions = Dictionary(
            zip(members.lazy.map(\.key), members.indices), uniquingKeysWith: { _, last in last })
        for member in other.members {
            if let position = positions[member.key] {
                result.members[position].value = choose(result.members[position].value, member.value)
            } else {
                positions[member.key] = result.members.count
                result.members.append(member)
            }
        }
        return result
    }

    /// Up to this number of members scans are quicker than a dictionary.
    private static let mostScanned = 32
    /// For this few new ones a dictionary of all is not worth its making.
    private static let fewScanned = 4

    /// This object as far as it came, with a further piece put over it.
    ///
    /// An answer may bring a piece in some twenty bytes, and each costs a look at all that came before: of what is
    /// larger than anything that a provider sends only the beginning and the newest are kept.
    func goingOn(
        with piece: JSONObject, choosing choose: (_ own: JSON, _ new: JSON) -> JSON = { _, new in new }
    ) -> JSONObject {
        guard members.count > Self.mostKept else { return merging(piece, choosing: choose) }
        let part = Self.mostKept / 4
        return JSONObject(Array(members.prefix(part) + members.suffix(part))).merging(piece, choosing: choose)
    }

    private static let mostKept = 512
}
