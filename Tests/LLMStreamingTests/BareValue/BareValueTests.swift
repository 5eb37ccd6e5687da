import LLMStreaming
import Testing

/// What may stand around the JSON value of an answer, and what may not; whole, and cut at each byte.
@Suite struct BareValueTests {
    private static let right: [(String, String, TakenOff)] = [
        (#"{"a":1}"#, #"{"a":1}"#, []),
        (" \n[1, 2]\r\n\t", "[1, 2]", []),
        ("-1.5e3 ", "-1.5e3", []), ("true", "true", []), ("null", "null", []), ("\"x\"", "\"x\"", []),
        ("```json\n{\"a\":1}\n```", #"{"a":1}"#, .codeFence),
        ("\n```JSON title=\"x\" \r\n\n[1]\n\n```  \n", "[1]", .codeFence),
        ("```\ntrue\n```", "true", .codeFence),
        ("~~~~ json `x`\n3\n~~~~~\n", "3", .codeFence),
        // Marks in strings are the value's own, and the other mark is not the fence's.
        (
            "```json\n{\"a\":\"``` \\\" ```\",\"b\":\"\\\\\"}\n```", "{\"a\":\"``` \\\" ```\",\"b\":\"\\\\\"}",
            .codeFence
        ),
        ("~~~\n[\"```\",\"~~~\"]\n~~~", "[\"```\",\"~~~\"]", .codeFence),
        // The closing fence on the value's line, and none before the end.
        ("```json\n{\"a\":1}```", #"{"a":1}"#, .codeFence),
        ("```json\n{\"a\":1}\n", #"{"a":1}"#, .codeFence),
        ("<think>hm</think>{}", "{}", .thinking),
        ("<think></think>\n\n<think>so <b> </thinking> </thin <</think> [] ", "[]", .thinking),
        ("<THINKING>\n```\n{}\n```\n</Thinking>\n3", "3", .thinking),
        ("<think>漢😀</think>\n```json\n{\"é\":\"漢\"}\n```\n", "{\"é\":\"漢\"}", [.thinking, .codeFence]),
        // What stands behind an open value is for the reader of JSON.
        ("{} Hope this helps!", "{} Hope this helps!", []),
        ("{}\n```", "{}\n```", []),
    ]

    private static let wrong: [(String, BareValueFault)] = [
        ("", .blank), (" \n\t ", .blank), ("```json\n\n```", .blank), ("```", .otherText(offset: 0)),
        ("<think>x</think> ", .blank), ("```json\n", .blank), ("```json", .blank),
        ("<think>so {\"a\":1}", .openThinking), ("<thinking>so</think>{}", .openThinking),
        ("Here is the JSON: {}", .otherText(offset: 0)), ("\n\nSure", .otherText(offset: 2)),
        ("<think>x</think>Sure", .otherText(offset: 16)), ("<thought>x</thought>{}", .otherText(offset: 0)),
        (" <b", .otherText(offset: 1)), ("<thin", .otherText(offset: 0)), ("</think>{}", .otherText(offset: 0)),
        ("``{}``", .otherText(offset: 0)), ("` `", .otherText(offset: 0)), ("```json {} ```", .otherText(offset: 0)),
        ("```json\nSure {}\n```", .otherText(offset: 8)),
        ("```json\n{}\n``", .otherText(offset: 11)), ("```json\n{}\n``\n```", .otherText(offset: 11)),
        ("````\n{}\n```\n", .otherText(offset: 8)),
        ("```\n{}\n```\nDone.", .otherText(offset: 11)), ("```\n{}\n```\n```\n{}\n```", .otherText(offset: 11)),
        ("```\n{}\n```x", .otherText(offset: 10)), ("```\n~~~\n{}\n~~~\n```", .otherText(offset: 4)),
        ("\u{FEFF}{}", .otherText(offset: 0)), ("\u{A0}{}", .otherText(offset: 0)),
    ]

    @Test(arguments: right) func aValueIsBared(answer: String, value: String, takenOff: TakenOff) throws {
        let bare = try BareValue(in: answer)
        #expect(bare.text(of: answer) == value && bare.takenOff == takenOff)
    }

    @Test(arguments: wrong) func anythingElseIsAFault(answer: String, fault: BareValueFault) {
        #expect(throws: fault) { try BareValue(in: answer) }
    }

    /// What a stream hands on, with the white space that may follow; nil and the fault where it fails.
    private static func read(_ pieces: [[UInt8]]) -> (value: [UInt8], takenOff: TakenOff?, fault: BareValueFault?) {
        var reader = BareValueReader()
        var value: [UInt8] = []
        do throws(BareValueFault) {
            for piece in pieces { value += piece[try reader.take(piece.span)] }
            return (value, try reader.finish(), nil)
        } catch { return (value, nil, error) }
    }

    @Test(arguments: right) func eachCutGivesTheValue(answer: String, value: String, takenOff: TakenOff) throws {
        let bytes = Array(answer.utf8)
        let whole = Self.read([bytes])
        let trimmed = String(decoding: whole.value, as: UTF8.self).drop { $0.isWhitespace }
        #expect(trimmed.hasPrefix(value) && trimmed.dropFirst(value.count).allSatisfy(\.isWhitespace))
        for cut in 0...bytes.count {
            let read = Self.read([Array(bytes[..<cut]), Array(bytes[cut...])])
            try #require(read.value == whole.value && read.takenOff == takenOff && read.fault == nil, "cut at \(cut)")
        }
        let single = Self.read(bytes.map { [$0] })
        #expect(single.value == whole.value && single.takenOff == takenOff && single.fault == nil)
    }

    @Test(arguments: wrong) func eachCutGivesTheFault(answer: String, fault: BareValueFault) throws {
        let bytes = Array(answer.utf8)
        for cut in 0...bytes.count {
            try #require(Self.read([Array(bytes[..<cut]), Array(bytes[cut...])]).fault == fault, "cut at \(cut)")
        }
        #expect(Self.read(bytes.map { [$0] }).fault == fault)
    }

    /// The stream ends at the byte after which no answer is right, and not before.
    @Test(
        arguments: [
            ("Sure", 1), ("<thx", 4), ("<think>", nil), ("```json\nS", 9), ("```a`", 5), ("``x", 3),
            ("```\n{}\n```\n \nx", 14), ("```\n{}``\n", 9),
        ] as [(String, Int?)])
    func textBesideTheValueIsSeenAtOnce(answer: String, length: Int?) {
        var reader = BareValueReader()
        var failed: Int?
        for (index, byte) in answer.utf8.enumerated() where failed == nil {
            let piece = [byte]
            if (try? reader.take(piece.span)) == nil { failed = index + 1 }
        }
        #expect(failed == length)
        // It stays so.
        let more = Array("{}".utf8)
        if failed != nil { #expect(throws: BareValueFault.self) { try reader.take(more.span) } }
    }

    @Test func wordsSayWhatWasTakenOff() {
        #expect(TakenOff([]).words.isEmpty)
        #expect(TakenOff([.thinking, .codeFence]).words == ["thinking tags", "a code fence"])
    }
}
