/// The second look at an input: which of the suspected lines really have an id that an earlier line has.
struct DuplicateSearch {
    private let suspects: [IdentityClaims.Suspect]
    /// Where each suspected id was met first.
    ///
    /// Keys are UTF-8: equal to Swift is not equal to SQLite.
    private var firstUses: [[UInt8]: InputPosition] = [:]
    /// How often each hash prefix was met of which a suspected id may have been made.
    private var prefixes: [UInt64: UInt32] = [:]
    private let ids: Set<[UInt8]>

    init(_ suspects: [IdentityClaims.Suspect]) {
        self.suspects = suspects
        ids = Set(suspects.map { Array($0.id.utf8) })
        for suspect in suspects {
            if let id = DerivedID(suspect.id) { prefixes[id.prefix] = 0 }
        }
    }

    /// Takes note of the id that a line gives.
    mutating func add(_ id: String, at position: InputPosition) {
        let key = Array(id.utf8)
        if ids.contains(key), firstUses[key] == nil { firstUses[key] = position }
    }

    /// Takes note of a line that gives no id.
    mutating func add(derivedFrom hash: RequestHash, at position: InputPosition) {
        guard let earlier = prefixes[hash.prefix] else { return }
        prefixes[hash.prefix] = earlier + 1
        add(DerivedID(prefix: hash.prefix, repeatNumber: earlier + 1).text, at: position)
    }

    /// The lines whose id is another's, each with the line that has it first.
    var duplicates: [(suspect: IdentityClaims.Suspect, firstUse: InputPosition)] {
        suspects.compactMap { suspect in
            guard let firstUse = firstUses[Array(suspect.id.utf8)], firstUse < suspect.position else { return nil }
            return (suspect, firstUse)
        }
    }
}
