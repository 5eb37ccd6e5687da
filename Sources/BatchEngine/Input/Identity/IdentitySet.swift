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

/// The id of a job whose line gives none: the first 16 hex digits of its request's hash, with `-2`, `-3` for repeats.
struct DerivedID: Equatable {
    /// The first 64 bits of the hash.
    var prefix: UInt64
    /// From 1.
    var repeatNumber: UInt32

    init(prefix: UInt64, repeatNumber: UInt32) {
        self.prefix = prefix
        self.repeatNumber = repeatNumber
    }

    /// Reads an id that has exactly the form of a derived one; nil for any other.
    init?(_ id: String) {
        let utf8 = id.utf8
        guard utf8.count >= 16, utf8.prefix(16).allSatisfy({ Self.isDigit($0) }),
            let prefix = UInt64(id.prefix(16), radix: 16)
        else { return nil }
        var number: UInt32 = 1
        if utf8.count > 16 {
            guard utf8.dropFirst(16).first == UInt8(ascii: "-"), let given = UInt32(id.dropFirst(17)), given > 1 else {
                return nil
            }
            number = given
        }
        self.init(prefix: prefix, repeatNumber: number)
        // `-02` and `-+2` are no derived ids.
        guard text == id else { return nil }
    }

    var text: String { repeatNumber == 1 ? prefix.hexadecimal : "\(prefix.hexadecimal)-\(repeatNumber)" }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte
    }
}
