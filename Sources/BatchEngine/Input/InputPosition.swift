/// A line of an input of one or more files.
struct InputPosition: Sendable, Hashable, Comparable {
    /// The number of the source in the order of the arguments, from 0.
    var source: Int
    /// From 1.
    var line: Int

    static func < (left: Self, right: Self) -> Bool { (left.source, left.line) < (right.source, right.line) }
}
