import LLMStreaming
import Testing

/// Repetitions of lawful texts, which other detectors stopped: below the rule, or none at all.
@Suite struct LawfulRepetitionTests {
    private static func copies(_ count: Int, of unit: String) -> String { String(repeating: unit, count: count) }

    /// Below 2,000 characters nothing counts: a matrix of zeros, laughter, a form.
    private static let short = [
        copies(999, of: "0 "), copies(999, of: "ha"), copies(1_999, of: "!"), copies(181, of: "0, 0, 0, 0\n"),
        copies(95, of: "Name: ______________\n"),
    ]

    /// White space, dashes and rules of tables count from 4,000 on.
    private static let blank = [
        copies(3_999, of: " "), copies(3_999, of: "\n"), copies(3_999, of: "-"), copies(3_999, of: "_"),
        copies(3_999, of: "—"), copies(3_999, of: "─"), copies(399, of: "|---|---|\n"),
        copies(285, of: "+-----+-----+\n"),
    ]

    /// Fewer than 25 copies of a short block or of one without letters, and than four of a long one.
    private static let few = [
        copies(24, of: zeros), copies(24, of: LoopText.prose(70, seed: 3)),
        copies(3, of: LoopText.prose(1_500, seed: 5)),
    ]
    private static let zeros = copies(98, of: "0") + " \n"

    /// Only numbers change, or what comes again does not stand beside itself.
    private static let changing: [String] = [
        (1...40).map { "Line \($0): item number \($0) of forty\n" }.joined(),
        (1...2_000).map { "| \($0) | 0 | 0 | 0 |\n" }.joined(),
        (1...300).map { "```swift\nlet value = \($0)\n```\n" }.joined(),
        (1...800).map { "one of the \($0) as well as " }.joined(),
        LoopText.prose(60_000, seed: 6),
    ]

    @Test(arguments: short + blank + few + changing)
    func isNotFound(text: String) {
        #expect(LoopText.loop(in: text) == nil)
        #expect(LoopText.loop(in: LoopText.prose(5_000, seed: 9) + "\u{1}" + text + "\u{2}") == nil)
    }

    /// What the rule's bounds are: one more copy is found.
    @Test(
        arguments: [
            (copies(1_000, of: "0 "), 2), (copies(2_000, of: "!"), 1), (copies(4_000, of: " "), 1),
            (copies(400, of: "|---|---|\n"), 10), (copies(25, of: zeros), 100),
            (copies(4, of: String(LoopText.prose(1_500, seed: 5).unicodeScalars.prefix(1_499)) + "#"), 1_500),
        ] as [(String, Int)])
    func oneMoreIsFound(text: String, period: Int) {
        #expect(LoopText.loop(in: text)?.period == period)
        #expect(LoopText.loop(in: LoopText.prose(5_000, seed: 9) + "\u{1}" + text + "\u{2}")?.period == period)
    }

    /// A last character that only begins like the repetition's is not counted to it.
    @Test func aCharacterCutInTheMiddleDoesNotCount() {
        let unit = "漢字"
        let bytes = Array((String(repeating: unit, count: 999) + "漢").utf8)
        // As long as it came, one character is missing.
        var detector = RepetitionDetector()
        detector.add(bytes: bytes + Array("字".utf8).prefix(2))
        #expect(detector.loop == nil)
        // "存" has the first byte of "字", and its own others.
        detector.add(bytes: Array("存".utf8).suffix(1))
        #expect(detector.loop == nil)
        #expect(LoopText.loop(in: String(repeating: unit, count: 1_000))?.copies == 1_000)
    }
}
