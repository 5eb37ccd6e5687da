/// The ids that lines of other shards give, so that duplicates among them are found all the same: eight bytes each.
///
/// Sorted once all have come: with the hash that costs 0.14 us an id, where an entry of `FingerprintTable` costs 0.9 and 15
/// bytes; of 64 shards each has the ids of 63 others here.
struct ForeignIDs: Sendable {
    /// The most ids that are looked up in a second reading.
    static let maximumRepeats = 1000

    private var fingerprints: [UInt64] = []

    mutating func add(_ id: IDHash) { fingerprints.append(id.fingerprint) }

    /// The fingerprints that came more than once, `maximumRepeats` of them at most, and how many lines repeat one of the
    /// others.
    mutating func repeats() -> (listed: Set<UInt64>, unlisted: Int) {
        fingerprints.sort()
        var listed: Set<UInt64> = []
        var unlisted = 0
        for index in fingerprints.indices.dropFirst() where fingerprints[index] == fingerprints[index - 1] {
            if listed.contains(fingerprints[index]) { continue }
            if listed.count < Self.maximumRepeats { listed.insert(fingerprints[index]) } else { unlisted += 1 }
        }
        return (listed, unlisted)
    }
}

/// The second look at lines of other shards: which of them really repeat an id.
struct ForeignSearch {
    private let fingerprints: Set<UInt64>
    /// Where each id was met first; keys are UTF-8, since equal to Swift is not equal to SQLite.
    private var firstUses: [[UInt8]: InputPosition] = [:]
    /// The lines with an id that an earlier one has.
    private(set) var duplicates: [(line: IDAssigner.PossibleDuplicate, firstUse: InputPosition)] = []

    init(_ fingerprints: Set<UInt64>) { self.fingerprints = fingerprints }

    /// Notes a line, if it may be one of them.
    mutating func add(_ line: InputLine, at position: InputPosition, _ reading: InputReading) {
        guard case .foreign(let hash?)? = try? reading.read(line), fingerprints.contains(hash.fingerprint),
            let id = reading.givenID(of: line)
        else { return }
        let key = Array(id.utf8)
        if let first = firstUses[key] {
            duplicates.append((IDAssigner.PossibleDuplicate(position: position, id: id), first))
        } else {
            firstUses[key] = position
        }
    }
}
