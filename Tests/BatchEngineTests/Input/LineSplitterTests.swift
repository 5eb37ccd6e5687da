import Testing

@testable import BatchEngine

@Suite struct LineSplitterTests {
    /// The lines of a text that comes in pieces of so many bytes.
    private func lines(_ text: String, pieces: Int, maximumLineBytes: Int = 100) -> [InputLine] {
        lines(Array(text.utf8), pieces: pieces, maximumLineBytes: maximumLineBytes)
    }

    private func lines(_ bytes: [UInt8], pieces: Int, maximumLineBytes: Int) -> [InputLine] {
        var splitter = LineSplitter(maximumLineBytes: maximumLineBytes, bufferBytes: pieces)
        var result: [InputLine] = []
        var rest = bytes[...]
        while true {
            while let line = splitter.nextLine() { result.append(line) }
            guard !rest.isEmpty else { break }
            let piece = rest.prefix(pieces)
            splitter.buffer.replaceSubrange(0..<piece.count, with: piece)
            splitter.didRefill(piece.count)
            rest = rest.dropFirst(pieces)
        }
        if let line = splitter.lastLine() { result.append(line) }
        return result
    }

    private func texts(_ texts: String...) -> [InputLine] { texts.map { .bytes(Array($0.utf8)) } }

    @Test(arguments: 1...20)
    func cutsAtEveryLineEndWhereverThePiecesEnd(pieces: Int) {
        #expect(lines("one\ntwo\n\nfour\n", pieces: pieces) == texts("one", "two", "", "four"))
        #expect(lines("one\r\ntwo\r\n", pieces: pieces) == texts("one", "two"))
        #expect(lines("one\ntwo", pieces: pieces) == texts("one", "two"))
        #expect(lines("one\r", pieces: pieces) == texts("one"))
        #expect(lines("a\rb\n", pieces: pieces) == texts("a\rb"))
        #expect(lines("", pieces: pieces) == [])
        #expect(lines("\n", pieces: pieces) == texts(""))
        #expect(lines("é🙂\n🙂", pieces: pieces) == texts("é🙂", "🙂"))
    }

    @Test(arguments: 1...20)
    func dropsAByteOrderMarkBeforeALine(pieces: Int) {
        #expect(lines("\u{FEFF}one\n\u{FEFF}two\n", pieces: pieces) == texts("one", "two"))
        #expect(lines("one\u{FEFF}\n", pieces: pieces) == texts("one\u{FEFF}"))
        #expect(lines("\u{FEFF}\n", pieces: pieces) == texts(""))
    }

    @Test(arguments: 1...20)
    func aLineOverTheLimitIsCountedAndTheNextOneIsWhole(pieces: Int) {
        let long = String(repeating: "x", count: 11)
        let expected: [InputLine] = [.bytes(Array("a".utf8)), .oversized(11), .bytes(Array("b".utf8))]
        #expect(lines("a\n\(long)\nb\n", pieces: pieces, maximumLineBytes: 10) == expected)
        #expect(lines("a\n\(long)\r\nb\n", pieces: pieces, maximumLineBytes: 10).count == 3)
        #expect(lines("\(long)\(long)", pieces: pieces, maximumLineBytes: 10) == [.oversized(22)])
    }

    @Test(arguments: 1...20)
    func aLineOfExactlyTheLimitIsWholeWithAnyLineEnd(pieces: Int) {
        let line = String(repeating: "x", count: 10)
        for text in [line, line + "\n", line + "\r\n", "\u{FEFF}" + line + "\r\n"] {
            #expect(lines(text, pieces: pieces, maximumLineBytes: 10) == texts(line))
        }
        #expect(lines("\u{FEFF}" + line + "x", pieces: pieces, maximumLineBytes: 10) == [.oversized(11)])
        #expect(lines("a\n\u{FEFF}" + line, pieces: pieces, maximumLineBytes: 10) == texts("a", line))
    }

    @Test func randomTextsCutAtRandomAreThoseOfASimpleSplit() {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        for _ in 0..<300 {
            let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                [UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "\n")].randomElement(using: &random)!
            }
            var expected = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
                $0.count > 8 ? InputLine.oversized($0.count) : .bytes(Array($0))
            }
            if expected.last == .bytes([]) { expected.removeLast() }
            let pieces = Int.random(in: 1...40, using: &random)
            #expect(
                lines(bytes, pieces: pieces, maximumLineBytes: 8) == expected, "seed \(SeededGenerator.seed)")
        }
    }
}
