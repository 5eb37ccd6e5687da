import SharedMaterial
import Testing

@testable import LLMStreaming

/// Loops that models were seen in, rebuilt: each is found, as soon as it counts, with its block and its beginning.
@Suite struct LoopTests {
    private static let prose = LoopText.prose(9_000, seed: 7)

    @Test(
        arguments: [
            // A pair of closing tags, 6,000 times.
            ("</div></section>", 6_000, 2_000),
            // One phrase 800 times.
            ("I should check the tests once more before I change anything in this file. ", 800, 2_000),
            // A sentence of 280 characters.
            (
                String(
                    "\(String(repeating: "the model considers what the user may have meant, ", count: 6))x.".suffix(280)
                ), 12, 2_000
            ),
            // A sentence in thinking that comes 30 times and more, and then something else.
            ("Wait, let me look at the failing assertion again, since it matters. ", 30, 2_000),
            ("!", 40_000, 2_000),
            // Characters of more than a byte.
            ("これは繰り返しです。", 300, 2_000),
            ("😀🙃", 1_200, 2_000),
        ] as [(String, Int, Int)])
    func aLoopIsFoundAloneAndBehindLawfulText(unit: String, copies: Int, minimum: Int) throws {
        let period = unit.unicodeScalars.count
        let whole = String(repeating: unit, count: copies)
        let alone = try #require(LoopText.loop(in: whole))
        #expect(alone.period == period && alone.copies == copies && alone.start == 0)
        let isShort = period <= 80
        #expect(alone.unit == (isShort ? unit : String(unit.prefix(80)) + "…"))

        let text = Self.prose + "§" + whole + "§" + LoopText.prose(3_000, seed: 8)
        let behind = try #require(LoopText.loop(in: text))
        #expect(
            behind
                == RepeatedText(
                    unit: alone.unit, period: period, copies: copies, start: Self.prose.unicodeScalars.count + 1))

        // No more than some hundred characters late.
        let found = try #require(LoopText.characters(untilFoundIn: text)) - behind.start
        #expect(found >= minimum && found < minimum + 400)
    }

    @Test func theTheTheInThinking() throws {
        let text = "The" + String(repeating: " the", count: 19_805)
        let loop = try #require(LoopText.loop(in: text))
        #expect(loop == RepeatedText(unit: "he t", period: 4, copies: 19_805, start: 1))
    }

    @Test func ninetyTwoLinesThirtyTwoTimes() throws {
        let block = (0..<92).map { "    let value\($0) = try reader.read(\($0 * 7 % 91))\n" }.joined()
        let loop = try #require(LoopText.loop(in: Self.prose + "#" + String(repeating: block, count: 32)))
        #expect(loop.period == block.utf8.count && loop.copies == 32)
        #expect(loop.start == Self.prose.unicodeScalars.count + 1)
    }

    /// The longest block that is looked for, and one more; four copies of each.
    @Test(arguments: ["k", "é", "漢", "😀"]) func blocksAreAtMost4096CharactersLong(wide: String) throws {
        for (period, isFound) in [(4_096, true), (4_097, false)] {
            let block =
                String(LoopText.prose(5_000, seed: 3).unicodeScalars.prefix(period - 400))
                + String(repeating: wide, count: 400)
            let loop = LoopText.loop(in: "#" + String(repeating: block, count: 4) + "#")
            #expect(loop?.period == (isFound ? period : nil) && loop?.start == (isFound ? 1 : nil))
        }
    }

    /// All characters of four bytes: the most that is ever held.
    @Test func theLongestBlockOfTheWidestCharacters() throws {
        var scalars = String.UnicodeScalarView()
        for number in 0..<4_096 { scalars.append(Unicode.Scalar(0x20000 + UInt32(number) * 7) ?? "x") }
        let loop = try #require(LoopText.loop(in: Self.prose + String(repeating: String(scalars), count: 5)))
        #expect(loop.period == 4_096 && loop.copies == 5 && loop.start == Self.prose.unicodeScalars.count)
    }

    /// A block that is itself a repetition is told by its smallest part; one with repetitions inside is not.
    @Test func theBlockIsTheSmallestOne() throws {
        #expect(LoopText.loop(in: String(repeating: "ababab", count: 500))?.period == 2)
        let inner = LoopText.prose(90, seed: 4)
        let block = String(repeating: inner, count: 5) + "x"
        let loop = try #require(LoopText.loop(in: "#" + String(repeating: block, count: 9)))
        #expect(
            loop
                == RepeatedText(
                    unit: String(inner.unicodeScalars.prefix(80)) + "…", period: block.unicodeScalars.count, copies: 9,
                    start: 1))
    }

    @Test func theFirstLoopStaysAndGrows() throws {
        let first = String(repeating: "one two three ", count: 200)
        var detector = RepetitionDetector()
        detector.add(first)
        #expect(detector.loop?.copies == 200)
        detector.add(first)
        #expect(detector.loop?.copies == 400)
        detector.add("; " + String(repeating: "four ", count: 2_000))
        #expect(detector.loop == RepeatedText(unit: "one two three ", period: 14, copies: 400, start: 0))
    }

    /// Blocks that are nearly repetitions themselves, of few letters: most have none of the places that are marked.
    @Test func blocksThatRepeatAPartOfThemselves() throws {
        for seed in 0..<60 {
            var random = SplitMix64(state: UInt64(seed))
            let part = (0..<Int.random(in: 20...60, using: &random)).map { _ in
                ["a", "b", "c"].randomElement(using: &random) ?? "a"
            }.joined()
            let block = String(repeating: part, count: Int.random(in: 4...9, using: &random)) + "d"
            let loop = LoopText.loop(in: Self.prose + "#" + String(repeating: block, count: 26) + "#")
            try #require(loop?.period == block.utf8.count && loop?.copies == 26, "seed \(seed)")
            try #require(loop?.start == Self.prose.unicodeScalars.count + 1, "seed \(seed)")
        }
    }

    /// However the text before it falls on what is held, the beginning of the longest block is still known.
    @Test func theBeginningIsKnownWhereverALoopBegins() throws {
        let block = String(LoopText.prose(5_000, seed: 3).unicodeScalars.prefix(4_096))
        let whole = String(repeating: block, count: 4)
        for length in stride(from: 4_200, to: 8_200, by: 200) {
            let loop = LoopText.loop(in: String(Self.prose.unicodeScalars.prefix(length)) + "#" + whole)
            try #require(loop?.start == length + 1 && loop?.copies == 4, "behind \(length) characters")
        }
    }
}
