import LLMStreaming

/// A row: the text of its cells, or the values of its members as JSON.
///
/// It is filled again for each row of a file, so that reading a row allocates nothing.
package struct Row: Sendable, Equatable {
    /// A member of a JSON object.
    struct Member: Sendable, Equatable {
        /// The bytes of its name between the quotes, escapes as they stand.
        var name: Range<Int>
        /// The bytes of its value.
        var value: Range<Int>
        /// The column of its name; nil for a name that the first row lacks.
        var column: Int?
    }

    /// From 1: the line of the file that it begins at.
    package internal(set) var line = 1
    /// The text of the cells, each followed by one byte that belongs to none; or the JSON line.
    var bytes: [UInt8] = []
    /// The bytes of each column's value: text of a cell, or JSON, in which none is a missing member.
    var values: [Range<Int>] = []
    /// All members in order; none of a row of cells.
    var members: [Member] = []
    /// Whether the values are JSON.
    var isObject = false

    /// The text of bytes of it.
    func text(_ range: Range<Int>) -> String { JSONScanner.text(bytes.span.extracting(range)) }

    /// The text of the cells, or the JSON of the columns' values in which none is a missing one.
    package var cells: [String] { values.map(text) }
}
