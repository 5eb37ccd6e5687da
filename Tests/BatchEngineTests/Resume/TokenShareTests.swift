import Testing

@testable import BatchEngine

@Suite struct TokenShareTests {
    private static let words = "one two three four five six seven eight nine ten"

    @Test func wherePiecesAreTokensTheyAreCounted() {
        // Ten words in thirteen pieces, and the end.
        let share = TokenShare(reportedTokens: 14, reportedPieces: 13, reportedText: Self.words)
        #expect(share.tokens(of: "uno due tre", pieces: 5) == 5)
    }

    @Test func whereTheyAreNotTheWordsTell() {
        let share = TokenShare(reportedTokens: 15, reportedPieces: 1, reportedText: Self.words)
        #expect(share.tokens(of: "uno due tre quattro", pieces: 1) == 6)
    }

    @Test func aWordIsATokenAtLeastWhateverTooShortAReportTells() {
        let share = TokenShare(reportedTokens: 30, reportedPieces: 1, reportedText: "fin")
        #expect(share.tokens(of: "uno due tre quattro", pieces: 1) == 4)
        #expect(share.tokens(of: "uno due tre quattro", pieces: 9) == 9)
        #expect(TokenShare(reportedTokens: 0, reportedPieces: 0, reportedText: "").tokens(of: "", pieces: 0) == 0)
    }

    @Test(arguments: [
        ("", 0, 0), ("  \n", 0, 0), ("one", 1, 1), (" one  two\n", 2, 2), (String(repeating: "a", count: 40), 1, 3),
        ("我喜欢猫和狗", 1, 6), ("ok 猫, ok", 3, 3),
    ])
    func wordsAreWeighedInAnyScript(text: String, count: Int, weight: Int) {
        let words = TokenShare.Words(in: text)
        #expect(words.count == count)
        #expect(words.weight == weight)
    }
}
