/// The texts that content blocks began with, which some servers (MiniMax) say again in the deltas.
///
/// A text that begins with all that its block began with is a repetition, in however many pieces it comes; what turns
/// out to be none is text.
struct RepeatedBeginnings: Sendable {
    /// A text of a block.
    struct Place: Hashable {
        var kind: StreamedChunk.Kind
        var block: Int
    }

    private struct Beginning {
        var text: String
        /// How much of it was said again, in UTF-8.
        var repeatedCount = 0

        var repeatedText: String { String(decoding: text.utf8.prefix(repeatedCount), as: UTF8.self) }
    }

    /// A block's is forgotten as soon as it is clear.
    private var beginnings: [Place: Beginning] = [:]

    var isEmpty: Bool { beginnings.isEmpty }

    /// Takes the text that a block begins with; gives what of it is new.
    mutating func begin(_ text: String, at place: Place) -> String {
        guard !text.isEmpty else { return "" }
        let new = rest(of: text, at: place)
        beginnings[place] = Beginning(text: text)
        return new
    }

    /// What of a piece does not repeat what its block began with.
    mutating func rest(of piece: String, at place: Place) -> String {
        guard let beginning = beginnings[place] else { return piece }
        let left = beginning.text.utf8.dropFirst(beginning.repeatedCount)
        if piece.utf8.count < left.count, left.starts(with: piece.utf8) {
            beginnings[place]?.repeatedCount += piece.utf8.count
            return ""
        }
        beginnings[place] = nil
        if piece.utf8.starts(with: left) { return String(decoding: piece.utf8.dropFirst(left.count), as: UTF8.self) }
        return beginning.repeatedText + piece
    }

    /// Takes the end of a block's text; what was taken for a repetition and did not come whole is text.
    mutating func end(at place: Place) -> String { beginnings.removeValue(forKey: place)?.repeatedText ?? "" }

    /// The texts that have not ended, in order.
    var places: [Place] { beginnings.keys.sorted { ($0.block, $0.kind.rawValue) < ($1.block, $1.kind.rawValue) } }
}
