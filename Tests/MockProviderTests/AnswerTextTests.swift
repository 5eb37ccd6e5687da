import Testing

@testable import MockProvider

/// The texts of answers.
@Suite struct AnswerTextTests {
    @Test func isTheSameForTheSameRequest() {
        let text = AnswerText(lastUserText: "Why?", model: "m")
        #expect(text.whole == AnswerText(lastUserText: "Why?", model: "m").whole)
        #expect(text.whole != AnswerText(lastUserText: "Why not?", model: "m").whole)
        #expect(text.whole != AnswerText(lastUserText: "Why?", model: "n").whole)
        #expect(text.whole != AnswerText(lastUserText: "Why?", model: "m", choice: 1).whole)
    }

    /// Others' tests and stored databases may hold these words: the generator must not drift.
    @Test func isTheSameOnEveryMachine() {
        #expect(
            AnswerText(lastUserText: "hi there", model: "m").whole.hasPrefix(
                "🚀 from crème Ελλάδα that early. 言葉 morning résumé begins"))
    }

    @Test func hasTwentyToAHundredAndTwentyWordsOfSentences() {
        var lengths: Set<Int> = []
        var all = ""
        for number in 0..<200 {
            let text = AnswerText(lastUserText: "question \(number)", model: "m")
            #expect(text.whole.split(separator: " ").count == text.wordCount)
            #expect(text.whole.hasSuffix("."))
            lengths.insert(text.wordCount)
            all += text.whole
        }
        #expect(lengths.allSatisfy { (20...120).contains($0) })
        #expect(lengths.count > 50)
        for part in ["é", "日本語", "🌊", ". ", ", "] { #expect(all.contains(part)) }
    }

    @Test(arguments: ["count to 5", "Please Count To 5 slowly", "now COUNT TO 5.", "count to five or count to 5"])
    func countsWhereAsked(text: String) {
        #expect(AnswerText(lastUserText: text, model: "m").whole == "1 2 3 4 5")
    }

    @Test(arguments: ["count to", "count to ", "recount tofu 5", "account to"])
    func doesNotCountWhereNotAsked(text: String) {
        #expect(!AnswerText(lastUserText: text, model: "m").whole.hasPrefix("1 2"))
    }

    @Test func goesOnFromEveryPrefixWithoutAGapOrARepeat() throws {
        let text = AnswerText(
            lastUserText: "A question with many scripts", model: "m", behavior: .with { $0.wordCount = 60 })
        let whole = Array(text.whole.unicodeScalars)
        for length in 0...whole.count {
            let prefix = String(String.UnicodeScalarView(whole[..<length]))
            let rest = try #require(AnswerWords(text, after: prefix), "after \(length) scalars")
            #expect(Array(prefix.utf8) + Array(rest.whole.utf8) == Array(text.whole.utf8), "after \(length) scalars")
        }
    }

    @Test(arguments: ["something else", "1 2 4", "1 2 3 4", "01", " 1"])
    func knowsWhatIsNoPrefix(prefix: String) {
        let text = AnswerText(lastUserText: "", model: "", behavior: .with { $0.countTo = 3 })
        #expect(AnswerWords(text, after: prefix) == nil)
    }

    @Test func cutsAtALimitCountingAPartOfAWordAsOne() throws {
        let text = AnswerText(lastUserText: "", model: "", behavior: .with { $0.countTo = 30 })
        var words = try #require(AnswerWords(text, after: "1 2 3 4 5 6 7 8 9 1"))
        let isCut = words.limit(to: 3)
        #expect(isCut)
        #expect(words.whole == "0 11 12")
        #expect(words.count == 3)
        var few = AnswerWords(text)
        let isShort = few.limit(to: 30)
        #expect(!isShort)
    }
}

extension MockBehavior {
    /// A behaviour with changes.
    static func with(_ change: (inout MockBehavior) -> Void) -> MockBehavior {
        var behavior = MockBehavior()
        change(&behavior)
        return behavior
    }
}
