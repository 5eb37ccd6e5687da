/// All faults of an input: the first 50 in words, the others by their number (SPEC 3).
package struct FaultReport: Sendable, Equatable, CustomStringConvertible {
    /// One fault of one line.
    package struct Fault: Sendable, Equatable, CustomStringConvertible {
        let position: InputPosition
        /// The file as the user named it, or `standard input`.
        package let source: String
        /// From 1: of the line, or of the request where the source is one document.
        package let line: Int
        private let why: LineFaults.Reason
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

    /// How many faults are told in words.
    package static let maximumFaults = 50

    /// The first faults, by source and line.
    package private(set) var faults: [Fault] = []
    /// How many there are in all.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// What standard error shows, without a line end behind the last line.
    package var description: String {
        var lines = faults.map(\.description)
        if count > faults.count { lines.append("… and \((count - faults.count).grouped) more") }
        return lines.joined(separator: "\n")
    }

    /// Adds a fault, in the order of lines whenever it is found.
    mutating func add(_ fault: Fault) {
        count += 1
        let index = faults.lastIndex { $0.position <= fault.position }.map { $0 + 1 } ?? 0
        guard index < Self.maximumFaults else { return }
        faults.insert(fault, at: index)
        if faults.count > Self.maximumFaults { faults.removeLast() }
    }

    /// Adds all faults of a line.
    mutating func add(_ line: LineFaults, _ position: InputPosition, source: InputSource) {
        for reason in line.told { add(Fault(position, source: source, reason: reason)) }
        addUntold(line.count - line.told.count)
    }

    /// Adds faults that are known by number only.
    mutating func addUntold(_ number: Int) { count += number }
}
