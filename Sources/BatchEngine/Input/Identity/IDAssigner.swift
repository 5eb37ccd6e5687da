/// Gives every line of an input its id, and notes where an id seems to be taken.
///
/// Used by the check of an input and by its reading alike, so that both find the same ids.
struct IDAssigner: Sendable {
    /// The most possible duplicates that are kept for a second look.
    static let maximumPossibleDuplicates = 1000

    /// A line whose id seems to be another's.
    struct PossibleDuplicate: Sendable, Equatable {
        var position: InputPosition
        var id: String
    }

    /// Whether a line may have its id.
    enum Assignment: Sendable, Equatable {
        case free(String)
        /// An earlier line seems to have it.
        case taken(String)
    }

    private var identities: IdentitySet
    /// Lines that a second look has cleared: their id only has the fingerprint of another.
    private let cleared: Set<InputPosition>
    /// The first possible duplicates.
    private(set) var possibleDuplicates: [PossibleDuplicate] = []
    /// How many possible duplicates there are.
    private(set) var possibleDuplicateCount = 0

    init(_ identities: IdentitySet, cleared: Set<InputPosition> = []) {
        self.identities = identities
        self.cleared = cleared
    }

    /// Gives a line without faults its id: the one that the line gives, else one made from its request's hash.
    mutating func assign(
        _ givenID: String?, _ hash: @autoclosure () -> RequestHash, at position: InputPosition
    ) -> Assignment {
        if let givenID { return assign(givenID, at: position) }
        let (id, isNew) = identities.insert(derivedFrom: hash())
        return isNew || isCleared(id, at: position) ? .free(id) : .taken(id)
    }

    /// Takes an id that a line gives.
    @discardableResult
    mutating func assign(_ id: String, at position: InputPosition) -> Assignment {
        identities.insert(id) || isCleared(id, at: position) ? .free(id) : .taken(id)
    }

    /// Whether an id seems to be among those assigned.
    func contains(_ id: String) -> Bool { identities.contains(id) }

    /// Whether a line that seems to have another's id was cleared; else it is noted as a possible duplicate.
    private mutating func isCleared(_ id: String, at position: InputPosition) -> Bool {
        if cleared.contains(position) { return true }
        possibleDuplicateCount += 1
        if possibleDuplicates.count < Self.maximumPossibleDuplicates {
            possibleDuplicates.append(PossibleDuplicate(position: position, id: id))
        }
        return false
    }
}

/// The second look at an input: which of the possible duplicates really have an id that an earlier line has.
struct DuplicateSearch {
    private let candidates: [IDAssigner.PossibleDuplicate]
    private let ids: Set<[UInt8]>
    /// Where each of these ids was met first.
    ///
    /// Keys are UTF-8: equal to Swift is not equal to SQLite.
    private var firstUses: [[UInt8]: InputPosition] = [:]
    /// How often each hash prefix was met of which one of these ids may have been made.
    private var prefixes: [UInt64: UInt32] = [:]

    init(_ candidates: [IDAssigner.PossibleDuplicate]) {
        self.candidates = candidates
        ids = Set(candidates.map { Array($0.id.utf8) })
        for candidate in candidates {
            if let id = DerivedID(candidate.id) { prefixes[id.prefix] = 0 }
        }
    }

    /// Notes the id that a line gives.
    mutating func add(_ id: String, at position: InputPosition) {
        let key = Array(id.utf8)
        if ids.contains(key), firstUses[key] == nil { firstUses[key] = position }
    }

    /// Notes a line that gives no id.
    mutating func add(derivedFrom hash: RequestHash, at position: InputPosition) {
        guard let earlier = prefixes[hash.prefix] else { return }
        prefixes[hash.prefix] = earlier + 1
        add(DerivedID(prefix: hash.prefix, repeatNumber: earlier + 1).text, at: position)
    }

    /// The lines whose id is another's, each with the line that has it first.
    var duplicates: [(line: IDAssigner.PossibleDuplicate, firstUse: InputPosition)] {
        candidates.compactMap { candidate in
            guard let firstUse = firstUses[Array(candidate.id.utf8)], firstUse < candidate.position else { return nil }
            return (candidate, firstUse)
        }
    }
}
