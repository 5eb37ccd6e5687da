import LLMStreaming

/// How many tokens a text has, told by another text of the same answer whose tokens were reported.
///
/// Each provider cuts its stream into pieces in its own way. Where the report shows that a piece is a token, the pieces
/// of the other text are counted; else its words are weighed against those of the reported text.
struct TokenShare {
    /// The tokens that were reported of the one text, without thinking that was not sent.
    let reportedTokens: Int
    /// In how many pieces it came.
    let reportedPieces: Int
    /// The text itself, its thinking included.
    let reportedText: String

    /// The fewest words that show how many tokens a word has.
    private static let fewestWords = 8

    /// The tokens of a text: each piece has at least one, and so has nearly every word.
    ///
    /// - Parameter pieces: in how many pieces it came.
    func tokens(of text: some StringProtocol, pieces: Int) -> Int {
        let words = Words(in: text)
        let least = max(pieces, words.count)
        // The end of an answer is a token too.
        let isTokenAPiece = reportedTokens <= reportedPieces + 1 + reportedPieces / 10
        let reported = Words(in: reportedText)
        guard !isTokenAPiece, reported.weight >= Self.fewestWords else { return least }
        let share = Double(words.weight) * Double(reportedTokens) / Double(reported.weight)
        return max(least, Int(share.rounded().clamped(to: 0...1e12)))
    }

    /// The words of a text, and what they weigh, roughly as a tokenizer would have them: only the proportion of two
    /// texts' weights counts.
    struct Words: Equatable {
        private(set) var count = 0
        private(set) var weight = 0

        /// A run of letters that is longer than this weighs as several.
        private static let longest = 16
        /// A run of more signs than these of a script that needs no spaces weighs as many words as signs.
        private static let mostSigns = 4
        private static let firstSign: UInt32 = 0x2E80

        init(in text: some StringProtocol) {
            var length = 0
            var signs = 0
            for scalar in text.unicodeScalars {
                if scalar.properties.isWhitespace {
                    end(length, signs)
                    (length, signs) = (0, 0)
                } else {
                    length += 1
                    if scalar.value >= Self.firstSign { signs += 1 }
                }
            }
            end(length, signs)
        }

        private mutating func end(_ length: Int, _ signs: Int) {
            guard length > 0 else { return }
            count += 1
            let letters = (length - signs + Self.longest - 1) / Self.longest
            weight += signs > Self.mostSigns ? signs + letters : max(1, letters)
        }
    }
}
