import ServerSentEvents
import SharedMaterial
import Testing

/// The parser against the rule's every clause, in every cut.
@Suite struct RuleTests {
    @Test(arguments: RuleTranscripts.all)
    func followsTheRule(_ transcript: Transcript) throws {
        #expect(try transcript.outcome(pieces: [transcript.bytes[...]]) == transcript.expected)
    }

    @Test(arguments: RuleTranscripts.all)
    func aCutAnywhereChangesNothing(_ transcript: Transcript) throws {
        for position in 0...transcript.bytes.count {
            #expect(
                try transcript.outcome(pieces: transcript.bytes.cut(at: [position])) == transcript.expected,
                "cut at \(position)")
        }
    }

    @Test(arguments: RuleTranscripts.all)
    func byteByByteChangesNothing(_ transcript: Transcript) throws {
        let pieces = transcript.bytes.cut(at: 0..<transcript.bytes.count)
        #expect(try transcript.outcome(pieces: pieces) == transcript.expected)
    }

    @Test(arguments: RuleTranscripts.all.filter { $0.unfinished != nil })
    func theUnfinishedEventIsTheOneABlankLineWouldHaveMade(_ transcript: Transcript) throws {
        var parser = SSEParser(errorFieldIsEvent: transcript.errorFieldIsEvent)
        parser.append(transcript.bytes + "\n\n".utf8)
        var last: ServerSentEvent?
        while let event = try parser.nextEvent() { last = event }
        #expect(last == transcript.unfinished)
    }

    /// Streams made of what matters to the rule, in lumps small enough for all of it to meet.
    @Test func agreesWithTheRuleReadLiterally() throws {
        let seed = environment("LLM4S_SEED", default: 1)
        var random = SplitMix64(state: UInt64(truncatingIfNeeded: seed))
        let lumps: [[UInt8]] =
            [
                "data", "event", "id", "retry", "error", ":", ": ", " ", "a", "1", "\0", "\n", "\r", "\r\n", "\n\n",
                "\u{FEFF}", "é", "🐎", "\ndata: a", "\rdata:", "\r\nevent: b", "\nid:", "\nretry: 1", "\n:",
            ].map { Array($0.utf8) } + [[0xFF], [0xEF], [0xEF, 0xBB], [0xE2, 0x82], [0xF0, 0x9F], [0x80]]
        var eventCount = 0
        for stream in 1...2000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).flatMap { _ in lumps.randomElement(using: &random)!
            }
            let cuts = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                Int.random(in: 0...bytes.count, using: &random)
            }.sorted()
            let literal = LiteralRule(bytes)
            let outcome = try Outcome(pieces: bytes.cut(at: cuts))
            let comment: Comment = "seed \(seed), stream \(stream), cut at \(cuts): \(bytes)"
            try #require(outcome.events.map(LiteralRule.Event.init) == literal.events, comment)
            try #require(outcome.lastEventID == literal.lastEventID, comment)
            try #require(outcome.reconnectionTime == literal.reconnectionTime, comment)
            eventCount += literal.events.count
        }
        #expect(eventCount > 1000, "seed \(seed) made too few events to mean anything")
    }
}
