/// Finds, while a text comes in, the first part of it that is one block over and over (`RepetitionRule`).
///
/// The text comes as UTF-8 in pieces, cut anywhere. What is found in the end does not depend on how it is cut. Up to
/// 1,024 bytes it holds the text; beyond that at most 8 KB of it where characters take one byte (20 KB at three,
/// 24 KB at four), and 2 KB more. Nothing is held once a loop was found and has ended.
package struct RepetitionDetector: Sendable {
    /// Up to here nothing is looked for.
    private static let shortText = 1_024

    /// A run of one block that is followed as long as it goes on.
    private struct Run {
        /// The block's length in bytes.
        var period: Int
        /// How many bytes, and characters, of the text stand before the run.
        var start: Int
        var startCharacter: Int
        /// How many bytes of the text stand before the run's end so far.
        var end: Int
        /// How many characters begin in the run.
        var characters: Int
        /// Its block, once the run is long enough to count.
        var unit: Unit?
    }

    /// What the rule asks of a block, and its length in characters.
    private struct Unit {
        let rule: RepetitionRule
        let period: Int
    }

    private var text = RecentText()
    private var candidates: RepetitionCandidates?
    /// Up to which of the held bytes the text was looked through.
    private var index = 0
    private var run: Run?
    private var isOver = false

    /// The first loop of the text; nil where none was found so far.
    package private(set) var loop: RepeatedText?

    /// A detector before the first byte.
    package init() {}

    /// Takes the text's next piece.
    package mutating func add(_ piece: String) {
        var piece = piece
        piece.withUTF8 { unsafe add($0.span) }
    }

    /// Takes the text's next bytes.
    package mutating func add(_ piece: Span<UInt8>) {
        var start = 0
        while start < piece.count, !isOver {
            let end = min(piece.count, start + text.room)
            text.append(piece.extracting(start..<end))
            start = end
            lookThrough()
            if text.room == 0, !isOver {
                let dropped = text.droppedBytes
                text.makeRoom()
                index -= text.droppedBytes - dropped
            }
        }
    }

    private mutating func lookThrough() {
        if candidates == nil {
            guard text.bytes.count > Self.shortText else { return }
            candidates = RepetitionCandidates()
        }
        while index < text.bytes.count, !isOver {
            if run != nil {
                follow()
            } else if let (end, period) = candidates?.next(in: text, from: &index) {
                begin(at: end, period: period)
            }
        }
    }

    /// Begins a run of which the last bytes were found, at its true beginning.
    private mutating func begin(at end: Int, period: Int) {
        var start = text.start(upTo: end, period: period, lowest: 0) - period
        while start + period < end, !RecentText.isFirst(text.bytes[start]) { start += 1 }
        guard text.characters(in: start..<start + period) <= RepetitionRule.maximumPeriod else { return }
        var run = Run(
            period: period, start: text.droppedBytes + start,
            startCharacter: text.droppedCharacters + text.characters(in: 0..<start), end: text.droppedBytes + end,
            characters: text.characters(in: start..<end))
        // It may be long enough already, and nothing may follow.
        judge(&run)
        self.run = run
    }

    /// Follows the run up to its end, or the text's as far as it came.
    private mutating func follow() {
        guard var run else { return }
        let end = text.end(from: index, period: run.period)
        run.characters += text.characters(in: index..<end)
        run.end = text.droppedBytes + end
        index = end
        judge(&run)
        self.run = run
        guard end < text.bytes.count else { return }
        self.run = nil
        if loop != nil {
            isOver = true
            text = RecentText()
            candidates = nil
        } else if let (end, period) = candidates?.endRun(in: text, at: end) {
            index = end
            begin(at: end, period: period)
        }
    }

    private mutating func judge(_ run: inout Run) {
        guard run.characters >= RepetitionRule.minimumRun else { return }
        let start = max(0, run.start - text.droppedBytes)
        let characters = text.wholeCharacters(run.characters, in: start..<run.end - text.droppedBytes)
        if loop != nil, let unit = run.unit {
            loop?.copies = characters / unit.period
            return
        }
        let unit = run.unit ?? inspect(&run)
        run.unit = unit
        guard unit.rule.counts(characters: characters, period: unit.period) else { return }
        loop = RepeatedText(
            unit: RepeatedText.told(block(of: run)), period: unit.period, copies: characters / unit.period,
            start: run.startCharacter)
    }

    /// Finds the block that is no repetition itself, and what the rule asks of it.
    private func inspect(_ run: inout Run) -> Unit {
        run.period = Self.primitivePeriod(of: bytes(of: run)) ?? run.period
        let block = block(of: run)
        return Unit(rule: RepetitionRule(block), period: block.unicodeScalars.count)
    }

    /// The length of the smaller block of which a block is a repetition, by the failure function of Knuth, Morris and
    /// Pratt; nil where there is none.
    private static func primitivePeriod(of block: [UInt8]) -> Int? {
        var borders = [0]
        var border = 0
        for index in block.indices.dropFirst() {
            while border > 0, block[index] != block[border] { border = borders[border - 1] }
            if block[index] == block[border] { border += 1 }
            borders.append(border)
        }
        let period = block.count - border
        return block.count.isMultiple(of: period) ? period : nil
    }

    private func block(of run: Run) -> String { String(decoding: bytes(of: run), as: UTF8.self) }

    /// The run's first copy; its bytes may be dropped, those of the last one are not.
    private func bytes(of run: Run) -> [UInt8] {
        let last = run.end - run.period
        let shift = (last - run.start) % run.period
        return (0..<run.period).map { offset in
            text.bytes[last - text.droppedBytes + (offset + run.period - shift) % run.period]
        }
    }
}
