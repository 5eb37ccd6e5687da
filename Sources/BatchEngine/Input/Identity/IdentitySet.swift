/// The ids of all jobs of an input, in at most 24 bytes a job, and the ids of those lines that give none.
///
/// Ids that lines give are kept as 95-bit fingerprints, so "taken" is only a suspicion, which a second look at the file
/// has to confirm. Ids made from request hashes are exact: the first 64 bits are the key itself, and how often it
/// came is counted.
package struct IdentitySet: Sendable {
    /// What an id becomes: 64 bits and another 32.
    package typealias Fingerprint = @Sendable (String) -> (UInt64, UInt32)

    private let fingerprint: Fingerprint
    private var given = FingerprintTable()
    private var derived = FingerprintTable()

    /// An empty set.
    ///
    /// - Parameter fingerprint: by default SipHash with a key of this process, so that nobody can prepare ids that
    ///   collide.
    package init(fingerprint: @escaping Fingerprint = Self.sipHash) { self.fingerprint = fingerprint }

    /// How many bytes the set takes.
    package var bytes: Int { given.bytes + derived.bytes }

    /// Takes an id that a line gives; false where it seems to be taken.
    package mutating func insert(_ id: String) -> Bool {
        if isDerived(id) { return false }
        let (key, tag) = fingerprint(id)
        return given.insert(key, tag: tag | 1)
    }

    /// Takes the id of a line that gives none: what it is, and whether it is new; false where a line seems to have
    /// given just this id before.
    package mutating func insert(derivedFrom hash: RequestHash) -> (id: String, isNew: Bool) {
        let number = derived.increment(hash.prefix)
        let id = DerivedID(prefix: hash.prefix, repeatNumber: number).text
        guard !given.isEmpty else { return (id, true) }
        let (key, tag) = fingerprint(id)
        return (id, !given.contains(key, tag: tag | 1))
    }

    /// Whether an id seems to be among those taken, given or derived.
    package func contains(_ id: String) -> Bool {
        if isDerived(id) { return true }
        let (key, tag) = fingerprint(id)
        return given.contains(key, tag: tag | 1)
    }

    private func isDerived(_ id: String) -> Bool {
        guard let derivedID = DerivedID(id) else { return false }
        return derived.occurrences(of: derivedID.prefix) >= derivedID.repeatNumber
    }

    /// The default fingerprint.
    package static let sipHash: Fingerprint = { id in
        func hash(_ salt: UInt8) -> Int {
            var hasher = Hasher()
            hasher.combine(salt)
            // Over bytes: strings that are equal to Swift when normalised are different ids to SQLite.
            var id = id
            id.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            return hasher.finalize()
        }
        return (UInt64(bitPattern: Int64(hash(0))), UInt32(truncatingIfNeeded: hash(1)))
    }
}
