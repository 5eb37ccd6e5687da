import LLMStreaming
import SharedMaterial
import Testing

/// The search against one that compares everything with everything, and against itself in other pieces.
@Suite struct RepetitionSearchTests {
    /// A text over few letters, in which blocks are repeated that may have repetitions inside.
    private static func text(_ random: inout SplitMix64) -> [UInt8] {
        let letters = Int.random(in: 1...4, using: &random)
        func noise(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in UInt8(ascii: "a") + UInt8(Int.random(in: 0...letters, using: &random)) }
        }
        var text = noise(Int.random(in: 0...3_000, using: &random))
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let lengths = [1, 2, 3, 5, 17, 40, 79, 80, 81, 100, 300]
            var unit = noise(lengths.randomElement(using: &random) ?? 1)
            if Bool.random(using: &random) {
                let copies = Int.random(in: 1...5, using: &random)
                unit = Array(repeatElement(unit, count: copies).joined().prefix(300))
                unit += noise(Int.random(in: 0...30, using: &random))
            }
            let length = Int.random(in: 0...max(2_600, unit.count * 6), using: &random)
            text += (0..<length).map { unit[$0 % unit.count] } + noise(Int.random(in: 0...1_500, using: &random))
        }
        return text
    }

    private struct Found: Equatable {
        var start: Int
        var end: Int
        var period: Int
    }

    /// The run that counts first, of blocks of up to 340 letters: those that the texts have.
    private static func bruteForce(_ text: [UInt8]) -> Found? {
        var best: (counts: Int, run: Found)?
        for period in 1...340 where period < text.count {
            var index = period
            while index < text.count {
                guard text[index] == text[index - period] else {
                    index += 1
                    continue
                }
                let start = index - period
                while index < text.count, text[index] == text[index - period] { index += 1 }
                let least = max(2_000, period >= 80 ? 4 * period : 25 * period)
                guard index - start >= least, start + least < best?.counts ?? .max else { continue }
                let isSmallest = !(1..<period).contains { part in
                    period.isMultiple(of: part)
                        && text[start..<start + period - part].elementsEqual(text[start + part..<start + period])
                }
                if isSmallest { best = (start + least, Found(start: start, end: index, period: period)) }
            }
        }
        return best?.run
    }

    /// LLM4S_TRIALS is the number of texts, LLM4S_SEED their seed.
    @Test func findsWhatComparingEverythingFinds() throws {
        let seed = environment("LLM4S_SEED", default: 1)
        var random = SplitMix64(state: UInt64(truncatingIfNeeded: seed))
        for trial in 0..<environment("LLM4S_TRIALS", default: 12) {
            let text = Self.text(&random)
            let expected = Self.bruteForce(text)
            var detector = RepetitionDetector()
            detector.add(text.span)
            let found = detector.loop.map {
                Found(start: $0.start, end: $0.start + $0.period * $0.copies, period: $0.period)
            }
            let whole = expected.map {
                Found(start: $0.start, end: $0.end - ($0.end - $0.start) % $0.period, period: $0.period)
            }
            try #require(found == whole, "trial \(trial), seed \(seed)")

            var pieces = RepetitionDetector()
            var start = 0
            while start < text.count {
                let end = min(text.count, start + Int.random(in: 1...60, using: &random))
                pieces.add(bytes: text[start..<end])
                start = end
            }
            try #require(pieces.loop == detector.loop, "in pieces: trial \(trial), seed \(seed)")
        }
    }

    /// Cut once at each byte: around the beginning, the bound and the end of a loop, and in characters.
    @Test func eachCutGivesTheSame() throws {
        let text = Array((LoopText.prose(700, seed: 2) + String(repeating: "né, 漢😀 ", count: 300) + "end, né.").utf8)
        var whole = RepetitionDetector()
        whole.add(text.span)
        #expect(whole.loop?.period == 7 && whole.loop?.copies == 300)
        for cut in 0...text.count {
            var detector = RepetitionDetector()
            detector.add(text.span.extracting(0..<cut))
            detector.add(text.span.extracting(cut..<text.count))
            try #require(detector.loop == whole.loop, "cut at byte \(cut)")
        }
        var single = RepetitionDetector()
        for index in text.indices { single.add(text.span.extracting(index..<index + 1)) }
        #expect(single.loop == whole.loop)
    }

    /// Bytes that are no UTF-8 do no harm, and what repeats of them is found where it has characters at all.
    @Test func bytesThatAreNoTextAreTaken() {
        var random = SplitMix64(state: 1)
        let noise = (0..<40_000).map { _ in UInt8.random(in: 0x70 ... .max, using: &random) }
        let blocks: [[UInt8]] = [[0x80], [0xFF], [0xE4, 0xB8], [0xBF, 0x61], Array(noise.prefix(100))]
        for block in blocks {
            let repeated = (0..<9_000).map { block[$0 % block.count] }
            var detector = RepetitionDetector()
            detector.add(bytes: noise + repeated + noise)
            #expect((detector.loop != nil) == (block != [0x80]), "\(block)")
        }
    }
}
