/// How much of a continuation's beginning repeats the end of the text that it goes on from (SPEC 8, continue).
///
/// A model that is asked to go on often begins with its last words again.
enum SeamOverlap {
    /// Shorter repetitions are as likely to belong there.
    static let minimumScalars = 12

    /// The scalars at the beginning of the continuation that stand at the prefix's end already: the longest such
    /// overlap of at least 12 that begins at a word; 0 where there is none.
    static func count(
        _ continuation: String.UnicodeScalarView, after prefix: Substring.UnicodeScalarView
    ) -> Int {
        let own = Array(continuation)
        // A model that is asked to go on may have nothing to add.
        if own.isEmpty { return 0 }
        // With the scalar before the longest overlap that there can be.
        let end = Array(prefix.suffix(own.count + 1))
        // How long a beginning of the continuation ends at each place of the prefix: Knuth, Morris and Pratt's way, so
        // that a long text is gone through once.
        let borders = borders(of: own)
        var matched = 0
        for scalar in end {
            while matched > 0, matched == own.count || own[matched] != scalar { matched = borders[matched - 1] }
            if own[matched] == scalar { matched += 1 }
        }
        while matched >= minimumScalars {
            if beginsAtWord(end.count - matched, of: end) { return matched }
            matched = borders[matched - 1]
        }
        return 0
    }

    /// Whether the continuation may still turn out to repeat the prefix's end once more of it has come: all of it so
    /// far stands within the prefix.
    static func mayGrow(
        _ continuation: String.UnicodeScalarView, after prefix: Substring.UnicodeScalarView
    ) -> Bool {
        let own = Array(continuation)
        guard let first = own.first else { return true }
        let text = Array(prefix)
        guard own.count <= text.count else { return false }
        return (0...(text.count - own.count)).contains { start in
            text[start] == first && text[start..<(start + own.count)].elementsEqual(own)
        }
    }

    private static func beginsAtWord(_ index: Int, of text: [Unicode.Scalar]) -> Bool {
        index == 0 || !isPartOfWord(text[index - 1]) || !isPartOfWord(text[index])
    }

    private static func isPartOfWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    /// For each beginning of a text, the length of the longest shorter beginning that it ends with.
    private static func borders(of text: [Unicode.Scalar]) -> [Int] {
        var borders = [Int](repeating: 0, count: text.count)
        var length = 0
        for index in text.indices.dropFirst() {
            while length > 0, text[index] != text[length] { length = borders[length - 1] }
            if text[index] == text[length] { length += 1 }
            borders[index] = length
        }
        return borders
    }
}
