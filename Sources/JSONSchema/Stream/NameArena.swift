/// The names of the members of all open objects, without escapes: for the place of a fault, and to see one come twice.
struct NameArena: Sendable {
    private struct Name: Sendable {
        let start: Int
        let end: Int
        /// The name before it in the same object with the same hash; -1 for none.
        let previous: Int
    }

    private(set) var bytes: [UInt8] = []
    private var names: [Name] = []
    /// By object with many names: the newest name of each hash.
    private var tables: [(firstName: Int, newest: [Int: Int])] = []
    private var start = 0

    /// Objects with fewer names are searched name by name.
    private static let fewNames = 12

    /// The names of all open objects.
    var count: Int { names.count }

    mutating func begin() { start = bytes.count }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func append(_ run: Span<UInt8>) {
        unsafe run.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    /// The bytes of the name that is being read, or was read last.
    var current: Range<Int> { start..<bytes.count }

    /// Ends the name that is being read.
    ///
    /// - Parameter firstName: the object's first name.
    /// - Returns: false where the object has one like it.
    mutating func end(firstName: Int) -> Bool {
        let range = start..<bytes.count
        if names.count - firstName < Self.fewNames {
            let isNew = !(firstName..<names.count).contains { isEqual($0, range) }
            names.append(Name(start: range.lowerBound, end: range.upperBound, previous: -1))
            return isNew
        }
        if tables.last?.firstName != firstName { makeTable(firstName) }
        let hash = hash(range)
        let previous = tables[tables.count - 1].newest[hash] ?? -1
        var other = previous
        while other >= 0 {
            if isEqual(other, range) { return false }
            other = names[other].previous
        }
        add(range, hash, previous)
        return true
    }

    private mutating func makeTable(_ firstName: Int) {
        let old = names[firstName...].map { $0.start..<$0.end }
        names.removeLast(old.count)
        tables.append((firstName, [:]))
        for range in old {
            let hash = hash(range)
            add(range, hash, tables[tables.count - 1].newest[hash] ?? -1)
        }
    }

    private mutating func add(_ range: Range<Int>, _ hash: Int, _ previous: Int) {
        tables[tables.count - 1].newest[hash] = names.count
        names.append(Name(start: range.lowerBound, end: range.upperBound, previous: previous))
    }

    private func hash(_ range: Range<Int>) -> Int {
        var hasher = Hasher()
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0[range])) }
        return hasher.finalize()
    }

    private func isEqual(_ name: Int, _ range: Range<Int>) -> Bool {
        let start = names[name].start
        guard names[name].end - start == range.count else { return false }
        for offset in 0..<range.count where bytes[start + offset] != bytes[range.lowerBound + offset] { return false }
        return true
    }

    /// Forgets the names of the objects that ended.
    mutating func removeAll(from firstName: Int) {
        guard firstName < names.count else { return }
        bytes.removeLast(bytes.count - names[firstName].start)
        names.removeLast(names.count - firstName)
        if let last = tables.last, last.firstName >= firstName { tables.removeLast() }
    }

    subscript(_ name: Int) -> String {
        String(decoding: bytes[names[name].start..<names[name].end], as: UTF8.self)
    }

    /// Whether the current name matches a pattern.
    func match(_ pattern: Pattern) -> ECMARegex.Match {
        pattern.regex.match(utf8: bytes.span.extracting(current))
    }
}
