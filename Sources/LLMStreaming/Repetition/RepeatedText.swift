/// A part of a text that is one block over and over, without anything between: a model that loops.
package struct RepeatedText: Sendable, Equatable {
    /// The block as it stands first, at most its first 80 characters, then `…`.
    package var unit: String
    /// The block's length, in characters (Unicode scalars).
    package var period: Int
    /// How many whole copies there are; grows as long as the text goes on so.
    package var copies: Int
    /// How many characters of the text stand before the first copy.
    package var start: Int

    /// As much of a block as is told.
    static func told(_ block: String) -> String {
        let scalars = block.unicodeScalars
        guard scalars.count > 80 else { return block }
        return String(String.UnicodeScalarView(scalars.prefix(80))) + "…"
    }
}

/// Which repetitions count: exact, adjacent, of a block that is no repetition itself.
///
/// Other detectors count from 64 characters to 2,048, and stop lawful tables, forms and lists of words; this one is
/// meant to be right before it is quick.
struct RepetitionRule: Sendable {
    /// Nothing counts that is shorter, in characters; also one character alone, for which 1,024 would be enough.
    static let minimumRun = 2_000
    /// The longest block that is looked for, in characters.
    static let maximumPeriod = 4_096
    /// How many copies count of any block.
    private static let copiesOfAny = 25
    /// How many copies count of a long block with letters, and from how many characters on a block is long.
    private static let copiesOfLong = 4
    private static let longBlock = 80

    private let hasLetters: Bool
    private let isBlank: Bool

    /// What the rule needs to know of a block.
    init(_ unit: String) {
        hasLetters = unit.unicodeScalars.contains { $0.properties.isAlphabetic }
        isBlank = unit.unicodeScalars.allSatisfy(Self.isBlank)
    }

    /// Whether a run counts.
    func counts(characters: Int, period: Int) -> Bool {
        // White space, dashes and rules of tables are long in lawful texts.
        let factor = isBlank ? 2 : 1
        guard characters >= factor * Self.minimumRun else { return false }
        let copies = characters / period
        return copies >= factor * Self.copiesOfAny
            || copies >= Self.copiesOfLong && period >= Self.longBlock && hasLetters
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "-", "_", "=", "|", "+", ":", "*", "~": true
        // Box drawing.
        case "\u{2500}"..."\u{257F}": true
        default: scalar.properties.isWhitespace || scalar.properties.generalCategory == .dashPunctuation
        }
    }
}
