/// All faults of an input: the first 50 in words, the others by their number (SPEC 3); those that many lines have alike
/// are one of the 50, with their number and the first places.
package struct FaultReport: Sendable, Equatable, CustomStringConvertible {
    /// One fault of one line.
    package struct Fault: Sendable, Equatable, CustomStringConvertible {
        let position: InputPosition
        /// The file as the user named it, or `standard input`.
        package let source: String
        /// From 1: of the line, or of the request where the source is one document.
        package let line: Int
        fileprivate let why: LineFaults.Reason
        /// What is wrong, in full.
        package var reason: String { why.text }

        init(_ position: InputPosition, source: InputSource, reason: LineFaults.Reason) {
            self.position = position
            self.source = source.title
            line = position.line
            why = reason
        }

        init(_ position: InputPosition, source: InputSource, reason: String) {
            self.init(position, source: source, reason: LineFaults.Reason(reason))
        }

        package var description: String { "\(position.place(in: source)): \(reason)" }
    }

    /// Faults of one source with the same reason.
    private struct Group: Sendable, Equatable {
        /// The first of them, by line.
        var first: [Fault]
        /// When the first of them was found.
        let order: Int
        var count = 1

        var isTogether: Bool { count > FaultReport.maximumAlone }

        /// The words; of many the places of the first.
        var text: String {
            let places = first.map { String($0.line) }.joined(separator: ", ")
            let noun = first[0].position.isRequest ? "requests" : "lines"
            return "\(first[0]) (\(count.grouped) \(noun): \(places), …)"
        }

        func isBefore(_ other: Group) -> Bool {
            let (a, b) = (first[0].position, other.first[0].position)
            return a == b ? order < other.order : a < b
        }

        mutating func add(_ fault: Fault) {
            count += 1
            let index = first.lastIndex { $0.position <= fault.position }.map { $0 + 1 } ?? 0
            guard index < FaultReport.maximumPlaces else { return }
            first.insert(fault, at: index)
            if first.count > FaultReport.maximumPlaces { first.removeLast() }
        }
    }

    /// What faults have in common that are told together.
    private struct Key: Hashable {
        var source: Int
        var words: String
    }

    /// How many faults are told in words.
    package static let maximumFaults = 50
    /// So many equal ones are told one by one.
    private static let maximumAlone = 3
    /// So many places are told of more.
    private static let maximumPlaces = 5

    private var groups: [Key: Group] = [:]
    /// Of the group whose first fault is the last; nil where it must be looked for.
    private var latest: Key?
    /// How many there are in all.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The first faults, by source and line; of those that are told together the first.
    package var faults: [Fault] { told.map(\.fault) }

    private var told: [(fault: Fault, group: Group?)] {
        let told = groups.values.flatMap { group in
            group.first.prefix(group.isTogether ? 1 : group.count).map { (fault: $0, group: group) }
        }
        let sorted = told.sorted { left, right in
            let (a, b) = (left.fault.position, right.fault.position)
            return a == b ? left.group.order < right.group.order : a < b
        }
        return sorted.prefix(Self.maximumFaults).map { ($0.fault, $0.group.isTogether ? $0.group : nil) }
    }

    /// What standard error shows, without a line end behind the last line.
    package var description: String {
        let told = told
        var lines = told.map { $0.group?.text ?? $0.fault.description }
        let rest = count - told.reduce(0) { $0 + ($1.group?.count ?? 1) }
        if rest > 0 { lines.append("… and \(rest.grouped) more") }
        return lines.joined(separator: "\n")
    }

    /// Adds a fault, in the order of lines whenever it is found.
    mutating func add(_ fault: Fault) {
        count += 1
        let key = Key(source: fault.position.source, words: fault.why.words)
        if groups[key] != nil {
            groups[key]?.add(fault)
            if key == latest { latest = nil }
            return
        }
        if groups.count >= Self.maximumFaults {
            let last = latest ?? groups.max { $0.value.isBefore($1.value) }?.key
            latest = last
            guard let last, let group = groups[last], fault.position < group.first[0].position else { return }
            groups[last] = nil
        }
        groups[key] = Group(first: [fault], order: count)
        latest = nil
    }

    /// Adds all faults of a line.
    mutating func add(_ line: LineFaults, _ position: InputPosition, source: InputSource) {
        for reason in line.told { add(Fault(position, source: source, reason: reason)) }
        addUntold(line.count - line.told.count)
    }

    /// Adds faults that are known by number only.
    mutating func addUntold(_ number: Int) { count += number }
}
