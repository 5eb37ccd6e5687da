/// How much of a continuation's beginning repeats the end of the text that it goes on from (Contract,
/// "Going on from partial output").
///
/// A model that is asked to go on often begins with its last words again.
enum SeamOverlap {
    /// The shortest repetition: shorter ones are as likely to belong there.
    static let minimumScalars = 12

    /// The scalars at the beginning of the continuation that stand at the prefix's end already: the longest such
    /// overlap of at least 12 that begins at a word; 0 where there is none.
    static func count(
        _ continuation: String.UnicodeScalarView, after prefix: Substring.UnicodeScalarView
    ) -> Int {
        // With the scalar before the longest overlap that there can be.
        let end = Array(prefix.suffix(continuation.count + 1))
        let own = Array(continuation.prefix(end.count))
        // A model that is asked to go on may have nothing to add.
        if own.isEmpty { return 0 }
        let borders = borders(of: own)
        var matched = 0
        for scalar in end { matched = Self.matched(own, borders: borders, after: matched, next: scalar) }
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
        if own.isEmpty { return true }
        let borders = borders(of: own)
        var matched = 0
        for scalar in prefix {
            matched = Self.matched(own, borders: borders, after: matched, next: scalar)
            if matched == own.count { return true }
        }
        return false
    }

    /// The length of the text's beginning that ends with the next scalar, from the length that ended before it: the
    /// algorithm of Knuth, Morris and Pratt, so that a long text is gone through once.
    private static func matched(
        _ text: [Unicode.Scalar], borders: [Int], after count: Int, next scalar: Unicode.Scalar
    ) -> Int {
        var count = count
        while count > 0, count == text.count || text[count] != scalar { count = borders[count - 1] }
        return !text.isEmpty && text[count] == scalar ? count + 1 : count
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
