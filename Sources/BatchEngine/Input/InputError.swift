/// Why input cannot be used at all.
package enum InputError: Error, Sendable, CustomStringConvertible {
    case unreadable(source: String, reason: String)
    /// The file holds no job lines.
    case foreign(source: String, ForeignForm)
    /// The file is not the one that was checked.
    case changed(source: String)
    /// The rows of the file cannot be read: of no known form, without a header, or without columns that are named.
    case rows(source: String, reason: String)
    /// Lines with faults.
    case faults(FaultReport)

    package var description: String {
        switch self {
        case .unreadable(let source, let reason): "cannot read \(source): \(reason)"
        case .foreign(let source, let form): "\(source) is \(form.name): \(form.remedy)"
        case .changed(let source): "\(source) changed while it was read; nothing more is taken from it, run it again"
        case .rows(let source, let reason): "\(source): \(reason)"
        case .faults(let report): report.description
        }
    }
}

/// All faults of an input: the first 50 in words, the others by their number.
///
/// Those that many lines have alike are one of the 50, with their number and the first places.
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

        /// The words, with the number of faults and the places of the first.
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

    /// What faults that are listed together have in common.
    private struct Key: Hashable {
        var source: Int
        var words: String
    }

    /// How many faults are listed in words.
    package static let maximumFaults = 50
    /// How many equal ones are listed one by one.
    private static let maximumAlone = 3
    /// How many places are listed of more.
    private static let maximumPlaces = 5

    private var groups: [Key: Group] = [:]
    /// The key of the group whose first fault is the last; nil where it must be searched.
    private var latest: Key?
    /// How many there are in all, listed or not.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The first faults, by source and line; of those that are listed together the first.
    package var faults: [Fault] { listed.map(\.fault) }

    private var listed: [(fault: Fault, group: Group?)] {
        let listed = groups.values.flatMap { group in
            group.first.prefix(group.isTogether ? 1 : group.count).map { (fault: $0, group: group) }
        }
        let sorted = listed.sorted { left, right in
            let (a, b) = (left.fault.position, right.fault.position)
            return a == b ? left.group.order < right.group.order : a < b
        }
        return sorted.prefix(Self.maximumFaults).map { ($0.fault, $0.group.isTogether ? $0.group : nil) }
    }

    /// What standard error shows, without a line end behind the last line.
    package var description: String {
        let listed = listed
        var lines = listed.map { $0.group?.text ?? $0.fault.description }
        let rest = count - listed.reduce(0) { $0 + ($1.group?.count ?? 1) }
        if rest > 0 { lines.append("… and \(rest.grouped) more") }
        return lines.joined(separator: "\n")
    }

    /// Adds a fault; the order is that of lines, whenever it is found.
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
        for reason in line.listed { add(Fault(position, source: source, reason: reason)) }
        addUnlisted(line.count - line.listed.count)
    }

    /// Adds faults of which only the number is known.
    mutating func addUnlisted(_ number: Int) { count += number }
}
