import BatchEngine

/// Random texts, cut as streams cut them, and put together as SQL does.
enum Texts {
    private static let words = [
        "the", "job", "ran", "stream", "0", "1", "12", "3.14", "naïve", "nai\u{308}ve", "e\u{301}", "日本語", "한국", "👩‍👩‍👧",
        "🇩🇪🇫🇷",
        "x\u{0301}\u{0327}", "a,b", "end.", "\u{200D}", "\u{FEFF}", "ß",
    ]
    private static let spaces = [
        " ", " ", " ", " ", "\n", "\n\n", "\r\n", "  ", "\t", "\u{A0}", "\u{3000}", "", "\r\n\r\n   ",
    ]

    /// A text of so many words; its words and spaces are of all kinds.
    static func random(words count: Int, using random: inout SeededRandom) -> String {
        var text = Bool.random(using: &random) ? "" : " "
        for _ in 0..<count {
            text += words.randomElement(using: &random)! + spaces.randomElement(using: &random)!
        }
        return text
    }

    /// The scalars of a text from one offset to another.
    static func scalars(_ text: String, _ range: Range<Int>) -> String {
        let scalars = text.unicodeScalars
        let start = scalars.index(scalars.startIndex, offsetBy: range.lowerBound)
        return String(scalars[start..<scalars.index(start, offsetBy: range.count)])
    }

    /// A text in pieces of one to `most` scalars.
    static func pieces(_ text: String, most: Int, using random: inout SeededRandom) -> [String] {
        var pieces: [String] = []
        var position = 0
        let count = text.unicodeScalars.count
        while position < count {
            let end = min(count, position + Int.random(in: 1...most, using: &random))
            pieces.append(scalars(text, position..<end))
            position = end
        }
        return pieces
    }

    /// What a provider that goes on exactly says after a prefix; nil where the text does not begin so.
    static func continuation(of text: String, after prefix: String) -> String? {
        guard text.unicodeScalars.starts(with: prefix.unicodeScalars) else { return nil }
        return String(text.unicodeScalars.dropFirst(prefix.unicodeScalars.count))
    }

    /// The concatenation over the seams of `substr(text of the attempt, start + 1, kept) || restored` (The database, "Answers").
    static func rebuild(_ seams: [Seam], from texts: [Int64: String]) -> String {
        seams.map { seam in
            scalars(texts[seam.attemptID] ?? "", seam.start..<seam.start + seam.kept) + seam.restored
        }.joined()
    }

    /// Whether two texts have the same scalars; `==` also takes é for e with an accent.
    static func areSame(_ left: String, _ right: String) -> Bool { Array(left.utf8) == Array(right.utf8) }
}
