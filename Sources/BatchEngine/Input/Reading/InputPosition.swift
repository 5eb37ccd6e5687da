/// A line of an input of one or more files, or a request of a batch document among them.
struct InputPosition: Sendable, Hashable, Comparable {
    /// The number of the source in the order of the arguments, from 0.
    var source: Int
    /// From 1: of the line, or of the request within the document.
    var line: Int
    /// Whether the source is a document, whose requests may all stand on one line.
    var isRequest = false

    static func < (left: Self, right: Self) -> Bool { (left.source, left.line) < (right.source, right.line) }

    /// The place within its source, for messages.
    var place: String { isRequest ? "request \(line)" : "line \(line)" }

    /// The place behind the name of its source.
    func place(in source: String) -> String { isRequest ? "\(source): \(place)" : "\(source):\(line)" }
}
